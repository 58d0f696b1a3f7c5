// Scaled dot-product attention of float32 by blocks: softmax(scale q k^T + mask) v, the matrix of weights never stored.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

struct AttentionOptions {
  double scale = 1;
  bool causal = false;  ///< query i reads keys 0 to i
  double dropout = 0;   ///< the probability that a weight is dropped; its mask is a function of seed and stream
  uint64_t seed = 0, stream = 0;
};

/// q [B, H, L, E], k [B, H, S, E], v [B, H, S, D], float32, the last dimension consecutive; mask undefined or [B, H, L,
/// S], float32, added to the scores, its last dimension consecutive. Returns [B, H, L, D] (stored as [B, L, H, D]) and
/// sets lse [B, H, L] to the logarithms of the sums of exponentials. A query without keys gives 0.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const AttentionOptions& options,
                 Tensor& lse);

struct AttentionGrads {
  Tensor q, k, v;
};
AttentionGrads attention_grad(const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                              const AttentionOptions& options, const Tensor& out, const Tensor& lse);

/// The factors of the weights under dropout, 0 or 1 / (1 - p): [B, H, L, S] of float32.
Tensor attention_dropout(IntArrayRef sizes, const AttentionOptions& options);

}  // namespace weft::kernel
