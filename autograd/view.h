// What view ops are made with.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// A window on x's storage that knows its base, before it is recorded.
Tensor window(const Tensor& x, Dims sizes, Dims strides, int64_t offset);

/// A view of all of x: another handle with a place in the graph of its own.
Tensor alias(const Tensor& x);

/// Marks a new copy of elements of another tensor: an assignment to it as a temporary throws.
inline Tensor selected(Tensor copy) {
  copy.impl().selected = true;
  return copy;
}

}  // namespace weft::autograd
