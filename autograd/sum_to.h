// The inverse of broadcasting.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// x summed to `sizes`, which must broadcast to x's sizes. Differentiable. Throws ShapeError.
Tensor sum_to(const Tensor& x, IntArrayRef sizes);

}  // namespace weft::autograd
