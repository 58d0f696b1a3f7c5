// Dropout's masks: a function of seed, stream and element, never stored.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// Identifies the mask of one dropout call. Element i is kept if word i % 4 of philox(seed, stream, i / 4), scaled to
/// [0, 1), is at least p.
struct DropoutMask {
  uint64_t seed, stream;
  double p;
};

/// x / (1 - p) where kept, 0 elsewhere. Element i is the i-th in row-major order, whatever the memory order of x.
Tensor dropout(const Tensor& x, const DropoutMask& mask);
/// The same for the channels of x [N, C, ...]: element n C + c of the mask selects a channel.
Tensor dropout_channels(const Tensor& x, const DropoutMask& mask);

}  // namespace weft::kernel
