// What view ops are made with.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// A window on x's storage that knows its base, before it is recorded.
Tensor window(const Tensor& x, Dims sizes, Dims strides, int64_t offset);

}  // namespace weft::autograd
