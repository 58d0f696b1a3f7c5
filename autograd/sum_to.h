// The gradient of broadcasting.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Sums x over the dimensions along which `sizes` was repeated to give x's sizes, so that the result has `sizes`; x
/// itself when they agree already. Differentiable. Throws ShapeError when `sizes` does not broadcast to x's.
Tensor sum_to(const Tensor& x, IntArrayRef sizes);

}  // namespace weft::autograd
