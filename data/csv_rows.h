// The rows of a CSV file after its header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/data/csv.h"
#include "weft/data/csv_text.h"

namespace weft::data {

/// At most ten of the names, and the number of the others: "a, b, c and 7 more".
std::string list_of(const std::vector<std::string>& names);

/// Iterates over the rows of a CSV file, each as long as the header. Detects separator and header by the rules of
/// read_csv.
class CsvRows {
 public:
  /// Text and name must outlive this object. Throws IoError for binary data, an empty file, fewer than two columns, a
  /// column without a name and a duplicate name.
  CsvRows(std::string_view text, const std::string& file, const CsvOptions& options);
  const std::vector<std::string>& names() const { return names_; }
  bool has_header() const { return has_header_; }
  /// False at the end. Throws IoError for a row of another length.
  bool next(std::vector<std::string>& cells);
  int64_t line() const { return rows_.line(); }
  /// The number in a cell of the current row. Throws IoError with line and column if it is not a finite number of
  /// options.dtype.
  double number(const std::vector<std::string>& cells, size_t column) const;

 private:
  void check_names() const;
  const std::string& file_;
  Dtype dtype_;
  CsvText rows_;
  bool has_header_ = true;
  std::vector<std::string> names_;
};

/// True for a usual name of the label column in any case: "label", "class", "target", "species", "y".
bool is_label_name(const std::string& name);
/// The first column with a usual name, in the order above; else the last.
size_t usual_label_column(const std::vector<std::string>& names);

}  // namespace weft::data
