// Shared by the loss families.
#pragma once

#include "weft/autograd/nn_ops.h"

namespace weft::autograd {

/// The losses themselves, their mean or their sum.
inline Tensor reduce(const Tensor& losses, Reduction reduction) {
  return reduction == Reduction::None ? losses : reduction == Reduction::Mean ? losses.mean() : losses.sum();
}

/// t as the kernels read it: outside the graph, contiguous.
inline Tensor plain(const Tensor& t) { return t.detach().contiguous(); }

/// Throws ShapeError unless the sizes are equal: a loss that broadcast would silently compare every pair.
inline void check_same_sizes(const char* op, const Tensor& input, const Tensor& target) {
  check<ShapeError>(input.sizes() == target.sizes(), "[{}] input is {}, target is {}: they must have the same sizes",
                    op, input.sizes(), target.sizes());
}

/// target in the dtype of input, which must be floating point; a target of the other floating dtype throws DtypeError.
Tensor matching_target(const char* op, const Tensor& input, const Tensor& target);

}  // namespace weft::autograd
