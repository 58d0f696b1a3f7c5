// Determines if two tensors, or two elements of one, share memory.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft {

enum class Overlap : uint8_t {
  None,     ///< no element of one is an element of the other
  Same,     ///< the same view: element i of one is element i of the other
  Partial,  ///< anything else: an op that writes one while it reads the other must copy first
};

/// The relation of the elements of a and b. Partial is also returned if an exact answer would be expensive.
Overlap overlap_of(const TensorImpl& a, const TensorImpl& b);
/// The same; None if one is undefined.
inline Overlap overlap_of(const Tensor& a, const Tensor& b) {
  return a.defined() && b.defined() ? overlap_of(a.impl(), b.impl()) : Overlap::None;
}

/// True if two indices of t reach the same element. Exact up to a million elements; a larger tensor whose dimensions
/// interleave counts as overlapping.
bool overlaps_itself(const TensorImpl& t);

}  // namespace weft
