// Convolution and its gradients, without autograd: float32 through oneDNN on channels-last memory, float64 plainly.
#pragma once

#include <array>
#include <utility>

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// Height first.
struct ConvOptions {
  std::array<int64_t, 2> stride{1, 1}, padding{0, 0}, dilation{1, 1};
  int64_t groups = 1;
};

// x [n, c, h, w], weight [o, c / groups, kh, kw], y and its gradient [n, o, oh, ow]; sizes fit (the callers check), all
// of one floating-point dtype. Batches are read in either memory order; float32 results are channels-last in memory.

/// y, of height oh and width ow; bias [o] or undefined.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t oh, int64_t ow,
              const ConvOptions& options);

/// The gradient of x, of height h and width w; bias [c] or undefined is added (for the transposed convolution).
Tensor conv2d_input_grad(const Tensor& dy, const Tensor& weight, const Tensor& bias, int64_t h, int64_t w,
                         const ConvOptions& options);

/// The gradients of weight (of kernel size kh x kw) and bias; the second is undefined unless asked for.
std::pair<Tensor, Tensor> conv2d_weight_grad(const Tensor& dy, const Tensor& x, int64_t kh, int64_t kw,
                                             const ConvOptions& options, bool with_bias);

/// The gradient of the bias alone: dy summed over all but the channels.
Tensor conv2d_bias_grad(const Tensor& dy);

}  // namespace weft::kernel
