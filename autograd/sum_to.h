<<<<<<< HEAD
// The inverse of broadcasting.
=======
// The gradient of broadcasting.
>>>>>>> 2bafae3 (Add reductions, extremes, sorting and running sums with their gradients)
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

<<<<<<< HEAD
/// x summed to `sizes`, which must broadcast to x's sizes. Differentiable. Throws ShapeError.
=======
/// Sums x over the dimensions along which `sizes` was repeated to give x's sizes, so that the result has `sizes`; x
/// itself when they agree already. Differentiable. Throws ShapeError when `sizes` does not broadcast to x's.
>>>>>>> 2bafae3 (Add reductions, extremes, sorting and running sums with their gradients)
Tensor sum_to(const Tensor& x, IntArrayRef sizes);

}  // namespace weft::autograd
