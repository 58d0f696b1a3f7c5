// The gradient of broadcasting.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Sums x over the dimensions along which `sizes` was broadcast to x's sizes, so that the result has `sizes`; returns x
/// itself if they already agree. Differentiable. Throws ShapeError if `sizes` does not broadcast to x's.
Tensor sum_to(const Tensor& x, IntArrayRef sizes);

}  // namespace weft::autograd
