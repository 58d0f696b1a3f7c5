// The rows and cells of CSV text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::data {

/// The separator of the first line that is not blank: comma, semicolon or tab, whichever occurs most outside of quotes;
/// a comma if there is none.
char separator_of(std::string_view text);

/// Iterates over the rows of CSV text.
class CsvText {
 public:
  /// Both must outlive the reader.
  CsvText(std::string_view text, const std::string& name, char separator = ',');
  /// The cells of the next line that is not blank, without spaces around unquoted ones; false at the end. Throws
  /// IoError for quotes that do not close or are followed by other text.
  bool next(std::vector<std::string>& cells);
  /// The line of the current row, from 1.
  int64_t line() const { return line_; }

 private:
  std::string quoted();
  std::string plain();
  bool at_row_end() const { return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }
  void end_row();
  bool is_blank(char c) const { return c == ' ' || (c == '\t' && separator_ != '\t'); }
  std::string_view trimmed(std::string_view s) const;
  std::string_view text_;
  const std::string* name_;
  char separator_;
  size_t at_ = 0;
  int64_t line_ = 0, next_line_ = 1;
};

/// Parses a finite number; "+1", "1e-3" and "0.5" are valid, "", "1x" and "nan" are not.
std::optional<double> number_in(std::string_view text);

}  // namespace weft::data
