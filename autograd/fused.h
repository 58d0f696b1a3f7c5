// Layers and what follows them as one op: the values and gradients of one after the other, without the passes over
// memory in between. Containers use them for neighbours that fit.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Functions whose gradient reads nothing but their result: it may take the place of the argument.
enum class Act : uint8_t { None, Relu, Sigmoid, Tanh };

/// act(x), written over x where nobody but the caller, who has no more use for it, reaches x or its memory.
Tensor act_on_spent(Act act, const Tensor& x);

/// Arguments of conv2d and max_pool2d. One number stands for both dimensions.
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
/// max_pool2d(conv2d(x, weight, bias, ...), ...); with relu also that of the result or, which is the same, of the
/// convolution. The convolution's result is never in memory as a whole.
Tensor conv2d_max_pool2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvArgs& conv,
                         const MaxPoolArgs& pool, bool relu);
/// relu(max_pool2d(x, ...)), which is max_pool2d(relu(x), ...).
Tensor max_pool2d_relu(const Tensor& x, const MaxPoolArgs& pool);

}  // namespace weft::autograd
