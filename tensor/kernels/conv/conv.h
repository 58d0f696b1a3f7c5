// Convolution and its gradients, without autograd: float32 through oneDNN on channels-last memory, float64 by plain
// loops.
#pragma once

#include <array>
#include <utility>

#include "weft/tensor/kernels/conv/pool.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::kernel {

/// Height first.
struct ConvOptions {
  std::array<int64_t, 2> stride{1, 1}, padding{0, 0}, dilation{1, 1};
  int64_t groups = 1;
};

// x [n, c, h, w], weight [o, c / groups, kh, kw], y and its gradient [n, o, oh, ow], all of one floating-point dtype;
// the callers check sizes. Batches are read in either memory order; float32 results are stored channels-last.

/// y, of height oh and width ow, or its activation; bias [o] or undefined.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t oh, int64_t ow,
              const ConvOptions& options, std::optional<Unary> act = {});

/// max_pool(y, windows, with_positions, relu) for the y of conv2d, computed piece by piece without storing all of y.
struct PooledConv {
  Tensor values, positions;
  bool channels_last;  ///< the memory order that y would have
};
PooledConv conv2d_max_pool(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                           const PoolWindows& windows, bool with_positions, bool relu);

/// The gradient of y: a tensor, or the gradient of the max-pooled values, unpooled to y piece by piece.
struct ConvGrad {
  ConvGrad(Tensor dy) : g(std::move(dy)) {}  // NOLINT
  ConvGrad(Tensor g, Tensor positions, const PoolWindows& windows, bool channels_last)
      : g(std::move(g)), positions(std::move(positions)), windows(&windows), channels_last(channels_last) {}
  Dims sizes() const;
  /// The same in a dtype that kernels have.
  ConvGrad wide() const;
  /// As one tensor.
  Tensor whole() const { return windows ? max_pool_grad(g, positions, *windows, channels_last) : g; }

  Tensor g, positions;
  const PoolWindows* windows = nullptr;
  bool channels_last = false;
};

/// The gradient of x, of height h and width w; bias [c] or undefined is added (for the transposed convolution).
Tensor conv2d_input_grad(const ConvGrad& dy, const Tensor& weight, const Tensor& bias, int64_t h, int64_t w,
                         const ConvOptions& options);

/// The gradients of weight (of kernel size kh x kw) and bias; the second is undefined unless requested.
std::pair<Tensor, Tensor> conv2d_weight_grad(const ConvGrad& dy, const Tensor& x, int64_t kh, int64_t kw,
                                             const ConvOptions& options, bool with_bias);

/// The gradient of the bias alone: dy summed over all dimensions but the channels.
Tensor conv2d_bias_grad(const Tensor& dy);

}  // namespace weft::kernel
