// Layers fused with their successors into one op: the values and gradients of the ops one after the other, without the
// memory passes between. Containers use them for adjacent layers.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Functions whose gradient reads only their result, which may therefore overwrite the argument.
enum class Act : uint8_t { None, Relu, Sigmoid, Tanh };

/// act(x), written over x if the caller, who no longer needs x, holds the only reference to x and its memory.
Tensor act_on_spent(Act act, const Tensor& x);

/// Arguments of conv2d and max_pool2d. A single integer applies to both dimensions.
struct ConvArgs {
  Dims stride{1}, padding{0}, dilation{1};
  int64_t groups = 1;
};
struct MaxPoolArgs {
  Dims kernel_size, stride{}, padding{0}, dilation{1};
  bool ceil_mode = false;
};

/// act(conv2d(x, weight, bias, ...))
Tensor conv2d_act(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvArgs& conv, Act act);
/// max_pool2d(conv2d(x, weight, bias, ...), ...); with relu, the relu of that, which equals pooling the relu. The
/// convolution's result is never stored completely.
Tensor conv2d_max_pool2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvArgs& conv,
                         const MaxPoolArgs& pool, bool relu);
/// relu(max_pool2d(x, ...)), which is max_pool2d(relu(x), ...).
Tensor max_pool2d_relu(const Tensor& x, const MaxPoolArgs& pool);

}  // namespace weft::autograd
