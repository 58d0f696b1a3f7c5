#include "weft/tensor/printable.h"

#include <fmt/core.h>

namespace weft {
namespace {

/// Length of the UTF-8 sequence of the printable character at the beginning of `text`, 0 if there is none.
size_t printable_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead >= ' ' && lead <= '~' ? 1 : 0;
  const size_t length = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool control = lead == 0xc2 && second < 0xa0;  // C1
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool beyond = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
  return control || overlong || beyond ? 0 : length;
}

/// Escapes `text` up to byte `end`; a character that begins before `end` is completed.
std::string escaped(std::string_view text, size_t end, std::string_view kept) {
  std::string out;
  for (size_t at = 0; at < end;) {
    const size_t length = kept.find(text[at]) != std::string_view::npos ? 1 : printable_length(text.substr(at));
    if (length > 0)
      out += text.substr(at, length);
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    at += length > 0 ? length : 1;
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, text.size(), "\n\t"); }

std::string shortened(std::string_view text, size_t most) {
  return text.size() > most ? escaped(text, most, "") + "..." : escaped(text, text.size(), "");
}

}  // namespace weft
