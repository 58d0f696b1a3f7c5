// Dropout's masks: a function of seed, stream and element, never stored.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// Names the mask of one dropout call. Element i is kept where word i % 4 of philox(seed, stream, i / 4), as a number
/// of [0, 1), is at least p.
struct DropoutMask {
  uint64_t seed, stream;
  double p;
};

/// x / (1 - p) where kept, 0 elsewhere. Element i is the i-th in row-major order, however x lies in memory.
Tensor dropout(const Tensor& x, const DropoutMask& mask);
/// The same for the channels of x [N, C, ...]: element n C + c decides for a channel.
Tensor dropout_channels(const Tensor& x, const DropoutMask& mask);

}  // namespace weft::kernel
