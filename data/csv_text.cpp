#include "weft/data/csv_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "weft/tensor/error.h"
#include "weft/tensor/printable.h"

namespace weft::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some programs begin UTF-8 with it

}  // namespace

char separator_of(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \r\n"), text.size()));
  constexpr std::string_view kSeparators = ",;\t";
  std::array<size_t, kSeparators.size()> counts{};
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && (c == '\n' || c == '\r')) break;
    if (const size_t which = kSeparators.find(c); !is_quoted && which != kSeparators.npos) ++counts[which];
  }
  const auto most = std::max_element(counts.begin(), counts.end());  // the first of equal ones
  return kSeparators[static_cast<size_t>(most - counts.begin())];
}

CsvText::CsvText(std::string_view text, const std::string& name, char separator)
    : text_(text), name_(&name), separator_(separator) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

std::string_view CsvText::trimmed(std::string_view s) const {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

void CsvText::end_row() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++next_line_;
}

bool CsvText::next(std::vector<std::string>& cells) {
  cells.clear();
  while (at_ < text_.size()) {
    const size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
    if (!trimmed(text_.substr(at_, end - at_)).empty()) break;
    at_ = end;
    end_row();
  }
  if (at_ >= text_.size()) return false;
  line_ = next_line_;
  for (;;) {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
    if (at_row_end()) break;
    ++at_;  // the separator
  }
  end_row();
  return true;
}

std::string CsvText::plain() {
  const char ends[] = {separator_, '\r', '\n'};
  const size_t end = std::min(text_.find_first_of(ends, at_, sizeof ends), text_.size());
  const std::string_view cell = trimmed(text_.substr(at_, end - at_));
  at_ = end;
  return std::string(cell);
}

std::string CsvText::quoted() {
  std::string cell;
  for (++at_;; ++at_) {
    check<IoError>(at_ < text_.size(), "[csv] {}:{}: a quote does not close", *name_, line_);
    if (text_[at_] == '\n') ++next_line_;
    if (text_[at_] == '"' && (++at_ >= text_.size() || text_[at_] != '"')) break;  // two quotes represent one
    cell += text_[at_];
  }
  const std::string rest = plain();
  check<IoError>(rest.empty(), "[csv] {}:{}: \"{}\" follows a closing quote", *name_, line_, shortened(rest));
  return cell;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace weft::data
