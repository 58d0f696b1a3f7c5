// prelu: the loops of channels.h over planes, blocks of rows, or, with one weight, over all elements alike.
#include "weft/tensor/kernels/elementwise/prelu.h"

#include <algorithm>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/norm/channels.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr double kCost = 0.4;  // ns per element

/// The partition of x: planes of `size` elements with one weight each, or blocks of rows with one weight per element.
struct Cut {
  Cut(const Tensor& x, int64_t weights) {
    if (weights == 1) {
      const Pieces p = pieces_of(x.numel(), kCost, 64);
      count = p.count, size = p.piece, total = x.numel();
      return;
    }
    const ChannelLayout l = channel_layout(x);
    channels = l.channels;
    rows = l.interleaved;
    if (rows) {
      size = kBlockRows, total = l.images * l.size;
      count = (total + size - 1) / size;
    } else {
      size = l.size, total = l.planes() * l.size;
      count = l.planes();
    }
  }
  int64_t length(int64_t i) const { return std::min(size, total - i * size); }
  int64_t offset(int64_t i) const { return i * size * (rows ? channels : 1); }
  int64_t weight(int64_t i) const { return rows ? 0 : i % channels; }

  template <class F>
  void each(const F& f) const {
    parallel_for(count, kCost * static_cast<double>(size * (rows ? channels : 1)) + 4, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; ++i) f(i);
    });
  }
  int64_t count = 0, size = 0, total = 0;  ///< total: elements, or rows
  int64_t channels = 1;
  bool rows = false;
};

}  // namespace

Tensor prelu(const Tensor& x, const Tensor& weight) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& weight) { return kernel::prelu(x, weight); }, x, weight);
  Tensor out = output_like(x, x.dtype());
  dispatch_float("prelu", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto& f = channel_loops<T>();
    const T *px = flat_data<T>(x), *w = weight.data_ptr<T>();
    T* to = flat_data<T>(out);
    const Cut cut(x, weight.numel());
    cut.each([&](int64_t i) {
      const int64_t at = cut.offset(i);
      if (cut.rows)
        f.row_prelu(px + at, to + at, cut.length(i), cut.channels, w);
      else
        f.plane_prelu(px + at, to + at, cut.length(i), w[cut.weight(i)]);
    });
  });
  return out;
}

PreluGrads prelu_grad(const Tensor& grad, const Tensor& x, const Tensor& weight) {
  if (goes_wide(x.dtype())) [[unlikely]] {
    const PreluGrads wide = kernel::prelu_grad(widened(grad), widened(x), widened(weight));
    return {narrowed(wide.x, x.dtype()), narrowed(wide.weight, weight.dtype())};
  }
  const Tensor g = x.dim() >= 2 ? laid_out_like(grad, x) : kernel::contiguous(grad);
  PreluGrads result{output_like(x, x.dtype()), empty(weight.sizes(), x.dtype())};
  dispatch_float("prelu", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto& f = channel_loops<T>();
    const T *pg = flat_data<T>(g), *px = flat_data<T>(x), *w = weight.data_ptr<T>();
    T* to = flat_data<T>(result.x);
    const Cut cut(x, weight.numel());
    const int64_t width = cut.rows ? cut.channels : 1;
    std::vector<T> partial(cut.count * width);
    cut.each([&](int64_t i) {
      const int64_t at = cut.offset(i);
      if (cut.rows)
        f.row_prelu_grad(pg + at, px + at, to + at, cut.length(i), width, w, partial.data() + i * width);
      else
        f.plane_prelu_grad(pg + at, px + at, to + at, cut.length(i), w[cut.weight(i)], partial.data() + i);
    });
    std::vector<double> sums(weight.numel());
    for (size_t i = 0; i < partial.size(); ++i) sums[static_cast<int64_t>(i) % cut.channels] += partial[i];
    std::copy(sums.begin(), sums.end(), result.weight.data_ptr<T>());
  });
  return result;
}

}  // namespace weft::kernel
