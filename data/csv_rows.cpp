#include "weft/data/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <unordered_set>

#include "weft/tensor/file_bytes.h"
#include "weft/tensor/printable.h"

namespace weft::data {
namespace {

using Strings = std::vector<std::string>;
constexpr std::array<const char*, 5> kLabelNames{"label", "class", "target", "species", "y"};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_number(const std::string& cell) { return number_in(cell).has_value(); }

/// The rule of CsvHeader::kAuto.
bool names_columns(const Strings& first, const Strings& second, const std::optional<std::string>& label) {
  if (std::none_of(first.begin(), first.end(), is_number)) return true;
  if (std::any_of(first.begin(), first.end(), [&](const auto& cell) { return is_label_name(cell) || cell == label; }))
    return true;
  for (size_t c = 0; c < std::min(first.size(), second.size()); ++c)
    if (!first[c].empty() && !is_number(first[c]) && is_number(second[c])) return true;
  return false;
}

void check_is_text(std::string_view text, const std::string& file) {
  const size_t zero = text.find('\0');
  if (zero == text.npos) return;
  const std::string_view format = known_format(text);
  fail<IoError>("[csv] {}: expected text, found {}", file,
                format.empty() ? fmt::format("a byte 0 at position {}", zero) : format);
}

}  // namespace

std::string list_of(const Strings& names) {
  constexpr size_t kShown = 10;
  std::string out;
  for (size_t i = 0; i < std::min(kShown, names.size()); ++i) out += (i ? ", " : "") + shortened(names[i]);
  return names.size() > kShown ? fmt::format("{} and {} more", out, names.size() - kShown) : out;
}

bool is_label_name(const std::string& name) {
  return std::any_of(kLabelNames.begin(), kLabelNames.end(), [&](auto n) { return same_ignoring_case(name, n); });
}

size_t usual_label_column(const Strings& names) {
  for (const char* usual : kLabelNames)
    for (size_t c = 0; c < names.size(); ++c)
      if (same_ignoring_case(names[c], usual)) return c;
  return names.size() - 1;
}

CsvRows::CsvRows(std::string_view text, const std::string& file, const CsvOptions& options)
    : file_(file), dtype_(options.dtype), rows_(text, file, options.separator.value_or(separator_of(text))) {
  check_is_text(text, file);
  const CsvText start = rows_;
  check<IoError>(rows_.next(names_), "[csv] {}: the file is empty", file);
  check<IoError>(names_.size() >= 2,
                 "[csv] {}:{}: expected at least two columns with commas, semicolons or tabs between them, found {}",
                 file, rows_.line(), names_.size());
  if (options.header == CsvHeader::kAuto) {
    Strings second;
    CsvText(rows_).next(second);
    has_header_ = names_columns(names_, second, options.label);
  } else {
    has_header_ = options.header == CsvHeader::kFirst;
  }
  if (has_header_) {
    check_names();
  } else {
    rows_ = start;
    for (size_t c = 0; c < names_.size(); ++c) names_[c] = fmt::format("c{}", c + 1);
  }
}

void CsvRows::check_names() const {
  std::unordered_set<std::string_view> seen;
  for (size_t c = 0; c < names_.size(); ++c) {
    if (names_[c].empty()) fail<IoError>("[csv] {}:{}: column {} has no name", file_, rows_.line(), c + 1);
    if (!seen.insert(names_[c]).second)
      fail<IoError>("[csv] {}:{}: two columns are named \"{}\"", file_, rows_.line(), shortened(names_[c]));
  }
}

bool CsvRows::next(Strings& cells) {
  if (!rows_.next(cells)) return false;
  check<IoError>(cells.size() == names_.size(), "[csv] {}:{}: expected {} columns, found {}", file_, rows_.line(),
                 names_.size(), cells.size());
  return true;
}

double CsvRows::number(const Strings& cells, size_t c) const {
  const auto number = number_in(cells[c]);
  if (!number)
    fail<IoError>("[csv] {}:{}: column {} (\"{}\"): expected a number, found \"{}\"{}", file_, rows_.line(), c + 1,
                  shortened(names_[c]), shortened(cells[c]),
                  cells[c].find(',') != std::string::npos ? "; decimals are written with a point" : "");
  if (dtype_ == kFloat32 && !std::isfinite(static_cast<float>(*number)))
    fail<IoError>("[csv] {}:{}: column {} (\"{}\"): {} is beyond the range of float32, 3.4e38", file_, rows_.line(),
                  c + 1, shortened(names_[c]), shortened(cells[c]));
  return *number;
}

}  // namespace weft::data
