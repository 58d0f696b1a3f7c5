// Dropout: the mask of each element is recomputed from (seed, stream, element) wherever it is needed.
#include "weft/tensor/kernels/random/dropout.h"

#include <algorithm>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/norm/channels.h"
#include "weft/tensor/kernels/random/dropout_f32.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr double kCost = 0.8;  // ns per element

/// A mask in the form the loops use.
struct Keep {
  explicit Keep(const DropoutMask& m)
      : seed(m.seed), stream(m.stream), threshold(static_cast<uint32_t>(m.p * 0x1p32)), scale(1 / (1 - m.p)) {}

  /// Calls f(i, kept) for each element i of [begin, end).
  template <class F>
  void each(int64_t begin, int64_t end, const F& f) const {
    alignas(64) uint32_t words[kDropoutBlock];
    static const PhiloxBlock fill = philox_block();
    for (int64_t i = begin; i < end;) {
      const int64_t block = i / kDropoutBlock, block_end = std::min(end, (block + 1) * kDropoutBlock);
      fill(seed, stream, static_cast<uint64_t>(block), words);
      for (; i < block_end; ++i) f(i, words[i % kDropoutBlock] >= threshold);
    }
  }

  uint64_t seed, stream;
  uint32_t threshold;
  double scale;
};

template <class T>
void drop(const T* x, T* y, int64_t begin, int64_t end, const Keep& keep) {
  const T scale = static_cast<T>(keep.scale);
  if constexpr (std::is_same_v<T, float>) {
    static const DropoutLoop loop = dropout_loop_f32();
    if (begin % kDropoutBlock == 0) {
      const int64_t blocks = (end - begin) / kDropoutBlock;
      loop(x + begin, y + begin, blocks, static_cast<uint64_t>(begin / kDropoutBlock), keep.seed, keep.stream,
           keep.threshold, scale);
      begin += blocks * kDropoutBlock;
    }
  }
  keep.each(begin, end, [&](int64_t i, bool kept) { y[i] = kept ? x[i] * scale : T(0); });
}

/// One image [size, channels]; `first` is the row-major index of its first element.
template <class T>
void drop_interleaved(const T* x, T* y, int64_t first, const ChannelLayout& l, const Keep& keep) {
  const T scale = static_cast<T>(keep.scale);
  keep.each(first, first + l.channels * l.size, [&](int64_t i, bool kept) {
    const int64_t at = (i - first) % l.size * l.channels + (i - first) / l.size;
    y[at] = kept ? x[at] * scale : T(0);
  });
}

template <class T>
void scale_channels(const T* x, T* y, const ChannelLayout& l, const std::vector<T>& factors) {
  const auto& f = channel_loops<T>();
  if (!l.interleaved) {
    parallel_for(l.planes(), 0.4 * static_cast<double>(l.size) + 4, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) f.plane_affine(x + p * l.size, y + p * l.size, l.size, 0, factors[p], 0);
    });
    return;
  }
  const std::vector<T> zeros(l.channels);
  parallel_for(l.images, 0.4 * static_cast<double>(l.size * l.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i * l.size * l.channels;
      f.row_affine(x + at, y + at, l.size, l.channels, zeros.data(), factors.data() + i * l.channels, zeros.data());
    }
  });
}

}  // namespace

Tensor dropout(const Tensor& input, const DropoutMask& mask) {
  if (goes_wide(input.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& input) { return kernel::dropout(input, mask); }, input);
  if (mask.p >= 1) return zeros_like(input);
  const Keep keep(mask);
  const Tensor x = input.dim() == 4 ? dense_batch(input) : kernel::contiguous(input);
  Tensor out = output_like(x, x.dtype());
  dispatch_float("dropout", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* px = flat_data<T>(x);
    T* to = flat_data<T>(out);
    if (x.dim() == 4 && x.numel() > 0) {
      const ChannelLayout l = channel_layout(x);
      if (l.interleaved && l.size > 1) {
        const int64_t n = l.channels * l.size;
        parallel_for(l.images, 2 * static_cast<double>(n), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) drop_interleaved(px + i * n, to + i * n, i * n, l, keep);
        });
        return;
      }
    }
    parallel_for(x.numel(), kCost, [&](int64_t begin, int64_t end) { drop(px, to, begin, end, keep); });
  });
  return out;
}

Tensor dropout_channels(const Tensor& input, const DropoutMask& mask) {
  if (goes_wide(input.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& input) { return kernel::dropout_channels(input, mask); }, input);
  if (mask.p >= 1) return zeros_like(input);
  const Tensor x = dense_batch(input);
  Tensor out = output_like(x, x.dtype());
  dispatch_float("dropout2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const ChannelLayout l = channel_layout(x);
    const Keep keep(mask);
    std::vector<T> factors(l.planes());
    keep.each(0, l.planes(), [&](int64_t i, bool kept) { factors[i] = kept ? static_cast<T>(keep.scale) : T(0); });
    scale_channels(flat_data<T>(x), flat_data<T>(out), l, factors);
  });
  return out;
}

}  // namespace weft::kernel
