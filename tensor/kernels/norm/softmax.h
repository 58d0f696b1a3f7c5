// Softmax, its logarithm, and their gradients along one dimension; no autograd.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// exp(x) / sum exp(x) along dim (0 <= dim; any value for a tensor without dimensions). x: float32 or float64.
Tensor softmax(const Tensor& x, int64_t dim);
/// x - log sum exp(x)
Tensor log_softmax(const Tensor& x, int64_t dim);
/// y (g - sum g y), y being softmax's result
Tensor softmax_grad(const Tensor& g, const Tensor& y, int64_t dim);
/// g - exp(y) sum g, y being log_softmax's result
Tensor log_softmax_grad(const Tensor& g, const Tensor& y, int64_t dim);

}  // namespace weft::kernel
