// Runs neighbouring layers of a container as one op.
#pragma once

#include <span>

#include "weft/nn/any.h"

namespace weft::nn {

/// Runs the first of `layers` on x as one op if such an op exists: convolution with the activation after it,
/// max-pooling with the convolution before it and relu on either side. Results and gradients equal those of the layers
/// called one by one. `spent`: the caller no longer needs x, so an activation may overwrite it. Returns the number of
/// layers run. Returns 0 and leaves result alone if the first must be called by itself: it or its neighbour is of
/// another class, has hooks, is in anomaly mode, or rejects x.
size_t forward_fused(std::span<const AnyModule> layers, const Tensor& x, bool spent, Tensor& result);

}  // namespace weft::nn
