// Building blocks of view ops.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// A window on x's storage that knows its base, not yet recorded.
Tensor window(const Tensor& x, Dims sizes, Dims strides, int64_t offset);

/// A view of all of x: another handle with its own place in the graph.
Tensor alias(const Tensor& x);

/// Marks a new copy of elements of another tensor: an assignment to it as a temporary throws.
inline Tensor selected(Tensor copy) {
  copy.impl().selected = true;
  return copy;
}

}  // namespace weft::autograd
