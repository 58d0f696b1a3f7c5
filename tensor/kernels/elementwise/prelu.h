// prelu and its fused gradient; no autograd.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// x where positive, w x elsewhere. weight: one element, or one per channel of x [N, C, ...]. x must be dense
/// (dense_batch, or contiguous if it has fewer than two dimensions).
Tensor prelu(const Tensor& x, const Tensor& weight);
struct PreluGrads {
  Tensor x, weight;
};
/// Both gradients in one pass.
PreluGrads prelu_grad(const Tensor& g, const Tensor& x, const Tensor& weight);

}  // namespace weft::kernel
