// Memory layout of batches with channels, and the inner loops of kernels that treat each channel on its own
// (normalisation, prelu, dropout of channels): vectorised for float32, plain for float64.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// A batch [images, channels, size], or [images, size, channels] if interleaved. In standard order a plane is `size`
/// consecutive elements of one channel; interleaved, a row is the `channels` consecutive elements of one position.
struct ChannelLayout {
  int64_t images, channels, size;
  bool interleaved;

  int64_t planes() const { return images * channels; }
  int64_t numel() const { return images * channels * size; }
};

/// The layout in which x [N, C, ...] is stored, privately channels-last or by its strides. x must be dense: see
/// dense_batch. Batches of single values, [N, C], count as interleaved.
ChannelLayout channel_layout(const Tensor& x);
/// x itself if its elements can be walked in memory order, else a copy.
Tensor dense_batch(const Tensor& x);
/// g in the memory order of x.
Tensor laid_out_like(const Tensor& g, const Tensor& x);

/// The inner loops. Planes: n elements and the channel's values. Rows: `rows` rows of c channels and arrays of c
/// values.
template <class T>
struct ChannelLoops {
  /// mean and sum of squared deviations from it
  void (*plane_moments)(const T* x, int64_t n, double* mean, double* m2);
  void (*row_moments)(const T* x, int64_t rows, int64_t c, double* mean, double* m2);
  /// y = a (x - mean) + b
  void (*plane_affine)(const T* x, T* y, int64_t n, T mean, T a, T b);
  void (*row_affine)(const T* x, T* y, int64_t rows, int64_t c, const T* mean, const T* a, const T* b);
  /// sums of g and of g (x - mean)
  void (*plane_dots)(const T* g, const T* x, int64_t n, T mean, T* sum_g, T* sum_gx);
  void (*row_dots)(const T* g, const T* x, int64_t rows, int64_t c, const T* mean, T* sum_g, T* sum_gx);
  /// out = p g + q (x - mean) + r
  void (*plane_mix)(const T* g, const T* x, T* out, int64_t n, T mean, T p, T q, T r);
  void (*row_mix)(const T* g, const T* x, T* out, int64_t rows, int64_t c, const T* mean, const T* p, const T* q,
                  const T* r);
  /// y = x > 0 ? x : w x
  void (*plane_prelu)(const T* x, T* y, int64_t n, T w);
  void (*row_prelu)(const T* x, T* y, int64_t rows, int64_t c, const T* w);
  /// out = x > 0 ? g : w g, and the sum of g x where x <= 0
  void (*plane_prelu_grad)(const T* g, const T* x, T* out, int64_t n, T w, T* sum);
  void (*row_prelu_grad)(const T* g, const T* x, T* out, int64_t rows, int64_t c, const T* w, T* sum);
};
template <class T>
const ChannelLoops<T>& channel_loops();
template <>
const ChannelLoops<float>& channel_loops<float>();
template <>
const ChannelLoops<double>& channel_loops<double>();

/// Rows of interleaved batches are processed in blocks of this many.
inline constexpr int64_t kBlockRows = 32;

}  // namespace weft::kernel
