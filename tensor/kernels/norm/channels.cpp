// The memory order of batches with channels, and the plain loops of channels.h.
#include "weft/tensor/kernels/norm/channels.h"

#include <algorithm>

#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/walk/image.h"

namespace weft::kernel {
namespace {

bool channels_last(const Tensor& x) { return x.dim() == 4 && lies_channels_last(x); }

// A row of one position is a plane of one value per channel: one strided loop serves both.
template <class T>
void moments(const T* x, int64_t n, int64_t stride, double* mean, double* m2) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i * stride];
  const double m = sum / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) squares += (x[i * stride] - m) * (x[i * stride] - m);
  *mean = m;
  *m2 = squares;
}

template <class T>
void affine(const T* x, T* y, int64_t n, int64_t stride, T mean, T a, T b) {
  for (int64_t i = 0; i < n * stride; i += stride) y[i] = a * (x[i] - mean) + b;
}

template <class T>
void dots(const T* g, const T* x, int64_t n, int64_t stride, T mean, T* sum_g, T* sum_gx) {
  T sg = 0, sx = 0;
  for (int64_t i = 0; i < n * stride; i += stride) sg += g[i], sx += g[i] * (x[i] - mean);
  *sum_g = sg;
  *sum_gx = sx;
}

template <class T>
void mix(const T* g, const T* x, T* out, int64_t n, int64_t stride, T mean, T p, T q, T r) {
  for (int64_t i = 0; i < n * stride; i += stride) out[i] = p * g[i] + q * (x[i] - mean) + r;
}

template <class T>
void prelu(const T* x, T* y, int64_t n, int64_t stride, T w) {
  for (int64_t i = 0; i < n * stride; i += stride) y[i] = x[i] > 0 ? x[i] : w * x[i];
}

template <class T>
void prelu_grad(const T* g, const T* x, T* out, int64_t n, int64_t stride, T w, T* sum) {
  T s = 0;
  for (int64_t i = 0; i < n * stride; i += stride) {
    out[i] = x[i] > 0 ? g[i] : w * g[i];
    if (!(x[i] > 0)) s += g[i] * x[i];
  }
  *sum = s;
}

template <class T>
constexpr ChannelLoops<T> plain_loops() {
  ChannelLoops<T> f{};
  f.plane_moments = [](const T* x, int64_t n, double* mean, double* m2) { moments(x, n, 1, mean, m2); };
  f.row_moments = [](const T* x, int64_t rows, int64_t c, double* mean, double* m2) {
    for (int64_t j = 0; j < c; ++j) moments(x + j, rows, c, mean + j, m2 + j);
  };
  f.plane_affine = [](const T* x, T* y, int64_t n, T mean, T a, T b) { affine(x, y, n, 1, mean, a, b); };
  f.row_affine = [](const T* x, T* y, int64_t rows, int64_t c, const T* mean, const T* a, const T* b) {
    for (int64_t j = 0; j < c; ++j) affine(x + j, y + j, rows, c, mean[j], a[j], b[j]);
  };
  f.plane_dots = [](const T* g, const T* x, int64_t n, T mean, T* sg, T* sx) { dots(g, x, n, 1, mean, sg, sx); };
  f.row_dots = [](const T* g, const T* x, int64_t rows, int64_t c, const T* mean, T* sg, T* sx) {
    for (int64_t j = 0; j < c; ++j) dots(g + j, x + j, rows, c, mean[j], sg + j, sx + j);
  };
  f.plane_mix = [](const T* g, const T* x, T* out, int64_t n, T mean, T p, T q, T r) {
    mix(g, x, out, n, 1, mean, p, q, r);
  };
  f.row_mix = [](const T* g, const T* x, T* out, int64_t rows, int64_t c, const T* mean, const T* p, const T* q,
                 const T* r) {
    for (int64_t j = 0; j < c; ++j) mix(g + j, x + j, out + j, rows, c, mean[j], p[j], q[j], r[j]);
  };
  f.plane_prelu = [](const T* x, T* y, int64_t n, T w) { prelu(x, y, n, 1, w); };
  f.row_prelu = [](const T* x, T* y, int64_t rows, int64_t c, const T* w) {
    for (int64_t j = 0; j < c; ++j) prelu(x + j, y + j, rows, c, w[j]);
  };
  f.plane_prelu_grad = [](const T* g, const T* x, T* out, int64_t n, T w, T* s) { prelu_grad(g, x, out, n, 1, w, s); };
  f.row_prelu_grad = [](const T* g, const T* x, T* out, int64_t rows, int64_t c, const T* w, T* s) {
    for (int64_t j = 0; j < c; ++j) prelu_grad(g + j, x + j, out + j, rows, c, w[j], s + j);
  };
  return f;
}

}  // namespace

template <>
const ChannelLoops<double>& channel_loops<double>() {
  static constexpr ChannelLoops<double> kLoops = plain_loops<double>();
  return kLoops;
}

ChannelLayout channel_layout(const Tensor& x) {
  ChannelLayout layout{x.size(0), x.size(1), 1, false};
  for (int64_t d = 2; d < x.dim(); ++d) layout.size *= x.size(d);
  layout.interleaved = layout.size == 1 || channels_last(x);
  return layout;
}

Tensor dense_batch(const Tensor& x) { return x.impl().contiguous || channels_last(x) ? x : kernel::contiguous(x); }

Tensor laid_out_like(const Tensor& g, const Tensor& x) {
  if (same_layout(g, x)) return g;
  const bool last = channels_last(x);
  if (last == channels_last(g) && dense_batch(g).is_same(g)) return g;
  return copy_of(g, g.dtype(), last ? MemoryFormat::ChannelsLast : MemoryFormat::Contiguous);
}

}  // namespace weft::kernel
