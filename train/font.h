// The letters of pictures: a bitmap font.
#pragma once

#include <array>
#include <cstdint>

namespace weft::train {

inline constexpr int kGlyphWidth = 6, kGlyphHeight = 13;
/// Rows from the top; the leftmost pixel is bit 5.
using Glyph = std::array<uint8_t, kGlyphHeight>;
/// That of an ASCII character; of others the question mark's.
const Glyph& glyph_of(char c);

}  // namespace weft::train
