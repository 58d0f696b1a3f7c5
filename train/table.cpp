#include "weft/train/table.h"

#include <algorithm>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {

size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  check<ValueError>(cells.size() == headers_.size(), "[Table] {} cells for {} columns", cells.size(), headers_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < headers_.size(); ++c) {
    widths.push_back(width_of(headers_[c]));
    for (const auto& row : rows_) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string out;
  auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t c = 0; c < cells.size(); ++c) {
      const size_t space = widths[c] - width_of(cells[c]);
      if (c > 0) text.append(space + 2, ' ');
      text += cells[c];
      if (c == 0) text.append(space, ' ');
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  };
  line(headers_);
  size_t whole = 2 * (widths.empty() ? 0 : widths.size() - 1);
  for (size_t w : widths) whole += w;
  out += std::string(whole, '-') + '\n';
  for (const auto& row : rows_) line(row);
  return out;
}

}  // namespace weft::train
