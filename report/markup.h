// Text inside HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace weft::train {

/// Converts any bytes to text for an element or a quoted attribute: markup is escaped; invalid UTF-8 and characters
/// that XML does not allow become U+FFFD.
std::string escape_markup(std::string_view text);
/// Bytes as base64.
std::string base64(std::string_view bytes);
/// A PNG as the value of src or href.
std::string png_uri(std::string_view png);

}  // namespace weft::train
