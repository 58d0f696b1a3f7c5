// A bitmap font for pictures.
#pragma once

#include <array>
#include <cstdint>

namespace weft::train {

inline constexpr int kGlyphWidth = 6, kGlyphHeight = 13;
/// Rows from the top; the leftmost pixel is bit 5.
using Glyph = std::array<uint8_t, kGlyphHeight>;
/// The glyph of an ASCII character; the question mark's for others.
const Glyph& glyph_of(char c);

}  // namespace weft::train
