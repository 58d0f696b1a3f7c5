// The options of ops that slide a window over images: kernel sizes, strides, paddings, dilations.
#pragma once

#include <array>

#include "weft/tensor/sizes.h"

namespace weft::autograd {

using Size2 = std::array<int64_t, 2>;  // height, width

/// One integer for both dimensions, or two. Throws ValueError for other lists and for values outside [least, 2^31 - 1];
/// within it no sum of sizes, paddings and a product of two options overflows int64.
Size2 pair_of(const char* op, const char* name, IntArrayRef v, int64_t least);

}  // namespace weft::autograd
