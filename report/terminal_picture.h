// Images in the terminal.
#pragma once

#include <string>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// One image [H, W], [1, H, W] or [3, H, W], uint8 or floating point in [0, 1], as lines of text in which a character
/// shows two pixels, one above the other (the half blocks of UTF-8). With `color` they are 24-bit terminal colours;
/// without, pixels brighter than the middle are drawn and the others left blank.
std::string terminal_picture(const Tensor& image, bool color);
/// The same with colours if standard output is a terminal and $NO_COLOR is not set.
std::string terminal_picture(const Tensor& image);

}  // namespace weft::train
