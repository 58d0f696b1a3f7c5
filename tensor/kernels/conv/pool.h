// Pooling over windows of images, without autograd: maximum and average, sliding or adaptive.
#pragma once

#include <utility>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// The windows of one dimension: window i covers the positions first[i] + j * step of the input for j < count[i].
struct PoolAxis {
  /// Sliding windows, clipped to the input. ceil_mode follows PyTorch's rule: a window may reach beyond the input, but
  /// starts inside it or its low padding. The caller rejects a window count below 1.
  static PoolAxis sliding(int64_t in, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil_mode,
                          bool count_padding = false);
  /// `out` windows that cover the input evenly.
  static PoolAxis adaptive(int64_t in, int64_t out);

  int64_t in = 0, out = 0, step = 1;
  bool tiles = false;  ///< windows are adjacent, without gap or overlap; the last inputs may be left out
  std::vector<int64_t> first, count;
  std::vector<int64_t> extent;  ///< divisors of averages

 private:
  void reserve();
};

struct PoolWindows {
  PoolAxis h, w;
  int64_t divisor = 0;  ///< of averages; 0: the extents

  bool tiles() const { return h.tiles && w.tiles; }
  double scale(int64_t i, int64_t j) const {
    return 1.0 /
           static_cast<double>(divisor ? divisor : h.extent[static_cast<size_t>(i)] * w.extent[static_cast<size_t>(j)]);
  }
};

// x [n, c, h, w] of float32 or float64 in either memory order; results keep the order.

/// {values, int32 positions in the h x w plane}; the positions are undefined unless requested. The first of equal
/// values wins; NaN wins over all. An empty window gives -infinity at position -1. With relu, the values are those of
/// relu(x): a window without a positive value gives 0 (or its NaN) at position -1, which no gradient reaches.
std::pair<Tensor, Tensor> max_pool(const Tensor& x, const PoolWindows& windows, bool with_positions, bool relu = false);
/// The gradient of x: g added at its positions. Like the gradients below it is stored in the given memory order, which
/// should be that of x (lies_channels_last): results of 1 x 1 do not show it.
Tensor max_pool_grad(const Tensor& g, const Tensor& positions, const PoolWindows& windows, bool channels_last);
/// v [n, c, h, w] at the positions: the gradient of max_pool_grad.
Tensor take_positions(const Tensor& v, const Tensor& positions, bool channels_last);

Tensor avg_pool(const Tensor& x, const PoolWindows& windows);
Tensor avg_pool_grad(const Tensor& g, const PoolWindows& windows, bool channels_last);

/// The same for `images` consecutive float32 images [h, w, c], on the calling thread: for kernels that pool their own
/// result. positions may be null. max_pool_grad_images writes all of dx.
void max_pool_images(const PoolWindows& windows, int64_t images, int64_t c, bool relu, const float* x, float* y,
                     int32_t* positions);
void max_pool_grad_images(const PoolWindows& windows, int64_t images, int64_t c, const float* g,
                          const int32_t* positions, float* dx);

/// The loops over one row of windows, i, of an image [h, w, c]. x and dx point to the image; y, g and `positions` to
/// the row of results [out, c].
template <class T>
struct PoolLoops {
  /// positions may be null
  void (*max_row)(const PoolWindows& windows, int64_t i, int64_t c, bool relu, const T* x, T* y, int32_t* positions);
  /// For windows that tile: writes all rows of dx that window row i covers.
  void (*max_grad_row)(const PoolWindows& windows, int64_t i, int64_t c, const T* g, const int32_t* positions, T* dx);
  void (*avg_row)(const PoolWindows& windows, int64_t i, int64_t c, const T* x, T* y);
  /// Adds to dx.
  void (*avg_grad_row)(const PoolWindows& windows, int64_t i, int64_t c, const T* g, T* dx);
};
/// The plain loops, and loops vectorised over channels.
template <class T>
const PoolLoops<T>& plain_pool_loops();
const PoolLoops<float>& channel_pool_loops();

}  // namespace weft::kernel
