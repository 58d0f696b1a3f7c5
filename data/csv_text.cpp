#include "weft/data/csv_text.h"

#include <charconv>
#include <cmath>

#include "weft/tensor/error.h"

namespace weft::data {
namespace {

std::string_view trimmed(std::string_view s) {
  constexpr const char* kBlank = " \t";
  const size_t from = s.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(kBlank) - from + 1);
}

}  // namespace

CsvText::CsvText(std::string_view text, const std::string& name) : text_(text), name_(name) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // the mark with which some programs begin UTF-8
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
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
    if (at_row_end()) break;
    ++at_;  // the comma
  }
  end_row();
  return true;
}

std::string CsvText::plain() {
  const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
  const std::string_view cell = trimmed(text_.substr(at_, end - at_));
  at_ = end;
  return std::string(cell);
}

std::string CsvText::quoted() {
  std::string cell;
  for (++at_;; ++at_) {
    check<IoError>(at_ < text_.size(), "[csv] {}:{}: a quote does not close", name_, line_);
    if (text_[at_] == '\n') ++next_line_;
    if (text_[at_] == '"' && (++at_ >= text_.size() || text_[at_] != '"')) break;  // two of them stand for one
    cell += text_[at_];
  }
  const std::string rest = plain();
  check<IoError>(rest.empty(), "[csv] {}:{}: \"{}\" stands behind a closing quote", name_, line_, rest);
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
