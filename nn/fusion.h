// Neighbouring layers of a container that run as one op.
#pragma once

#include <span>

#include "weft/nn/any.h"

namespace weft::nn {

/// Runs the first of `layers` on x as one op where there is one for them: convolution with the activation after it,
/// max-pooling with the convolution before it and relu on either side. Results and gradients are those of the layers
/// called one by one. `spent`: the caller has no more use for x, so that an activation may write over it.
/// Returns how many layers that were; 0, leaving result alone, where the first has to be called by itself: it or its
/// neighbour is of another class, has hooks, is in anomaly mode, or refuses x.
size_t forward_fused(std::span<const AnyModule> layers, const Tensor& x, bool spent, Tensor& result);

}  // namespace weft::nn
