// What elementwise families share.
#pragma once

#include "weft/tensor/kernels/elementwise.h"

namespace weft::autograd {

/// f(g, x) for a kernel that is g times a factor which depends on x and is constant almost everywhere: the gradient of
/// piecewise linear functions, with a gradient of its own.
Tensor masked(const char* op, kernel::Binary f, const Tensor& g, const Tensor& x, double p = 0, double q = 0);

}  // namespace weft::autograd
