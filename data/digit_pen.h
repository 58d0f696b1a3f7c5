// Draws one synthetic digit: template, distortion, pen, and MNIST's normalisation.
#pragma once

#include <cstdint>

namespace weft::data {

struct SyntheticDigitsOptions;
inline constexpr int64_t kDigitSide = 28;

/// Draws digit `index` of a seed on 28x28 bytes and returns its label.
int64_t draw_digit(uint64_t seed, uint64_t index, const SyntheticDigitsOptions& options, uint8_t* pixels);

}  // namespace weft::data
