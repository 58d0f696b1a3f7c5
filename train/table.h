// Table: rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace weft::train {

/// Formats text for people: the first column is left-aligned, the others, usually numbers, right-aligned.
///
///     train::Table table({"hidden", "accuracy"});
///     table.add({"500", "97.10 %"});
///     fmt::print("{}", table.text());
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}
  /// Throws ValueError unless there is one cell per header.
  void add(std::vector<std::string> cells);
  const std::vector<std::string>& headers() const { return headers_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  /// Headers, a rule, and the rows, each ended by a newline; cells are UTF-8 with one column per code point.
  std::string text() const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weft::train
