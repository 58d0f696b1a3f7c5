#include "weft/tensor/kernels/conv/pool.h"

#include <algorithm>

#include "weft/tensor/allocator.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/walk/image.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {

PoolAxis PoolAxis::sliding(int64_t in, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation,
                           bool ceil_mode, bool count_padding) {
  PoolAxis a;
  a.in = in, a.step = dilation;
  a.tiles = stride == kernel && dilation == 1 && padding == 0;
  const int64_t room = in + 2 * padding - dilation * (kernel - 1) - 1;
  if (room < 0 && !(ceil_mode && room + stride - 1 >= 0)) return a;
  a.out = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (a.out - 1) * stride >= in + padding) --a.out;
  a.reserve();
  for (int64_t i = 0; i < a.out; ++i) {
    const int64_t start = i * stride - padding, end = start + dilation * (kernel - 1) + 1;
    const int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
    const int64_t first = start + skipped * dilation;
    const int64_t count = std::min(kernel - skipped, (in - first + dilation - 1) / dilation);
    a.first.push_back(first);
    a.count.push_back(std::max<int64_t>(0, count));
    a.extent.push_back(count_padding ? std::min(end, in + padding) - start : std::max<int64_t>(1, count));
  }
  return a;
}

void PoolAxis::reserve() {
  const auto most = static_cast<uint64_t>(allocation_limit()) / (3 * sizeof(int64_t));
  check<ShapeError>(static_cast<uint64_t>(out) <= most,
                    "[pool] {} windows along one dimension, at most {} fit into memory", out, most);
  for (auto* list : {&first, &count, &extent}) list->reserve(static_cast<size_t>(out));
}

PoolAxis PoolAxis::adaptive(int64_t in, int64_t out) {
  PoolAxis a;
  a.in = in, a.out = out;
  a.tiles = in % out == 0;
  a.reserve();
  for (int64_t i = 0; i < out; ++i) {
    a.first.push_back(i * in / out);
    a.count.push_back(((i + 1) * in + out - 1) / out - a.first.back());
  }
  a.extent = a.count;
  return a;
}

namespace {

// The walk over a batch: images [h, w, c] if it is stored channels-last, else each plane as an image of one channel.
struct Walk {
  Walk(IntArrayRef sizes, bool channels_last)
      : images(channels_last ? sizes[0] : sizes[0] * sizes[1]), c(channels_last ? sizes[1] : 1) {}
  int64_t images, c;
};

template <class T>
const PoolLoops<T>& loops_of(bool channels_last) {
  if constexpr (std::is_same_v<T, float>)
    if (channels_last) return channel_pool_loops();
  return plain_pool_loops<T>();
}

double row_cost(const PoolWindows& w, int64_t c, bool fast) {
  const double per_number = fast && c > 1 ? 0.15 : 1;
  return static_cast<double>((w.w.in * w.h.in / std::max<int64_t>(1, w.h.out) + w.w.out) * c) * per_number;
}

// Calls body(image, row of windows) for all of them.
template <class Body>
void for_each_row(const Walk& walk, const PoolWindows& w, double cost, Body&& body) {
  parallel_for(walk.images * w.h.out, cost, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row / w.h.out, row % w.h.out);
  });
}

// A new batch: channels-last in the same order as `like`, or plain.
Tensor new_batch(IntArrayRef sizes, Dtype dtype, bool channels_last, const Tensor& like) {
  return channels_last ? new_channels_last(sizes, dtype, like) : empty(sizes, dtype);
}

Dims pooled_sizes(const Tensor& x, const PoolWindows& w) { return {x.size(0), x.size(1), w.h.out, w.w.out}; }
Dims input_sizes(const Tensor& g, const PoolWindows& w) { return {g.size(0), g.size(1), w.h.in, w.w.in}; }

// Zeroes rows and columns past the last of the windows that tile, after row i of the windows was written.
template <class T>
void zero_rest(const PoolWindows& w, int64_t i, int64_t c, T* dx) {
  const auto at = static_cast<size_t>(i);
  const int64_t rows = w.h.first[at] + w.h.count[at], columns = w.w.first.back() + w.w.count.back();
  if (columns < w.w.in)
    for (int64_t r = w.h.first[at]; r < rows; ++r)
      std::fill(dx + (r * w.w.in + columns) * c, dx + (r + 1) * w.w.in * c, T(0));
  if (i + 1 == w.h.out) std::fill(dx + rows * w.w.in * c, dx + w.h.in * w.w.in * c, T(0));
}

// dx [in] = g [out] added at its positions: for windows that overlap or leave gaps.
template <class T>
void add_at_positions(int64_t c, int64_t in, int64_t out, const T* g, const int32_t* positions, T* dx) {
  std::fill(dx, dx + in, T(0));
  for (int64_t k = 0; k < out; ++k)
    if (positions[k] >= 0) dx[positions[k] * c + k % c] += g[k];
}

}  // namespace

std::pair<Tensor, Tensor> max_pool(const Tensor& x, const PoolWindows& w, bool with_positions, bool relu) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::max_pool(x, w, with_positions, relu); }, x);
  const bool last = lies_channels_last(x);
  const Dims sizes = pooled_sizes(x, w);
  const Tensor y = new_batch(sizes, x.dtype(), last, x);
  const Tensor positions = with_positions ? new_batch(sizes, kInt32, last, x) : Tensor();
  dispatch_float("max_pool2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(x, last);
    const Walk walk(sizes, last);
    const auto& loops = loops_of<T>(last);
    T* to = image_data<T>(y);
    int32_t* at = with_positions ? image_data<int32_t>(positions) : nullptr;
    const int64_t in = w.h.in * w.w.in * walk.c, row = w.w.out * walk.c;
    for_each_row(walk, w, row_cost(w, walk.c, last), [&](int64_t n, int64_t i) {
      const int64_t out = (n * w.h.out + i) * row;
      loops.max_row(w, i, walk.c, relu, image.data + n * in, to + out, at ? at + out : nullptr);
    });
  });
  return {y, positions};
}

Tensor max_pool_grad(const Tensor& g, const Tensor& positions, const PoolWindows& w, bool last) {
  if (goes_wide(g.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& g) { return kernel::max_pool_grad(g, positions, w, last); }, g);
  const Tensor dx = new_batch(input_sizes(g, w), g.dtype(), last, g);
  dispatch_float("max_pool2d", g.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto from = image_as<T>(g, last);
    const auto at = image_as<int32_t>(positions, last);
    const Walk walk(dx.sizes(), last);
    T* to = image_data<T>(dx);
    const int64_t in = w.h.in * w.w.in * walk.c, row = w.w.out * walk.c, out = w.h.out * row;
    if (w.tiles()) {
      const auto& loops = loops_of<T>(last);
      return for_each_row(walk, w, row_cost(w, walk.c, last), [&](int64_t n, int64_t i) {
        loops.max_grad_row(w, i, walk.c, from.data + n * out + i * row, at.data + n * out + i * row, to + n * in);
        zero_rest(w, i, walk.c, to + n * in);
      });
    }
    parallel_for(walk.images, static_cast<double>(in + out), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        add_at_positions(walk.c, in, out, from.data + n * out, at.data + n * out, to + n * in);
    });
  });
  return dx;
}

void max_pool_images(const PoolWindows& w, int64_t images, int64_t c, bool relu, const float* x, float* y,
                     int32_t* positions) {
  const auto& loops = channel_pool_loops();
  const int64_t in = w.h.in * w.w.in * c, row = w.w.out * c;
  for (int64_t n = 0; n < images; ++n)
    for (int64_t i = 0; i < w.h.out; ++i) {
      const int64_t out = (n * w.h.out + i) * row;
      loops.max_row(w, i, c, relu, x + n * in, y + out, positions ? positions + out : nullptr);
    }
}

void max_pool_grad_images(const PoolWindows& w, int64_t images, int64_t c, const float* g, const int32_t* positions,
                          float* dx) {
  const auto& loops = channel_pool_loops();
  const int64_t in = w.h.in * w.w.in * c, row = w.w.out * c, out = w.h.out * row;
  for (int64_t n = 0; n < images; ++n, g += out, positions += out, dx += in) {
    if (!w.tiles()) {
      add_at_positions(c, in, out, g, positions, dx);
      continue;
    }
    for (int64_t i = 0; i < w.h.out; ++i) {
      loops.max_grad_row(w, i, c, g + i * row, positions + i * row, dx);
      zero_rest(w, i, c, dx);
    }
  }
}

Tensor take_positions(const Tensor& v, const Tensor& positions, bool last) {
  if (goes_wide(v.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& v) { return kernel::take_positions(v, positions, last); }, v);
  const Tensor y = new_batch(positions.sizes(), v.dtype(), last, v);
  dispatch_float("max_pool2d", v.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto from = image_as<T>(v, last);
    const auto at = image_as<int32_t>(positions, last);
    const Walk walk(v.sizes(), last);
    T* to = image_data<T>(y);
    const int64_t in = v.size(2) * v.size(3) * walk.c, out = y.size(2) * y.size(3) * walk.c;
    parallel_for(walk.images, static_cast<double>(2 * out), [&](int64_t begin, int64_t end) {
      for (int64_t k = begin * out; k < end * out; ++k)
        to[k] = at.data[k] < 0 ? T(0) : from.data[k / out * in + at.data[k] * walk.c + k % walk.c];
    });
  });
  return y;
}

Tensor avg_pool(const Tensor& x, const PoolWindows& w) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::avg_pool(x, w); }, x);
  const bool last = lies_channels_last(x);
  const Dims sizes = pooled_sizes(x, w);
  const Tensor y = new_batch(sizes, x.dtype(), last, x);
  dispatch_float("avg_pool2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(x, last);
    const Walk walk(sizes, last);
    const auto& loops = loops_of<T>(last);
    T* to = image_data<T>(y);
    const int64_t in = w.h.in * w.w.in * walk.c, row = w.w.out * walk.c;
    for_each_row(walk, w, row_cost(w, walk.c, last), [&](int64_t n, int64_t i) {
      loops.avg_row(w, i, walk.c, image.data + n * in, to + (n * w.h.out + i) * row);
    });
  });
  return y;
}

Tensor avg_pool_grad(const Tensor& g, const PoolWindows& w, bool last) {
  if (goes_wide(g.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& g) { return kernel::avg_pool_grad(g, w, last); }, g);
  const Tensor dx = new_batch(input_sizes(g, w), g.dtype(), last, g);
  dispatch_float("avg_pool2d", g.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto from = image_as<T>(g, last);
    const Walk walk(dx.sizes(), last);
    const auto& loops = loops_of<T>(last);
    T* to = image_data<T>(dx);
    const int64_t in = w.h.in * w.w.in * walk.c, row = w.w.out * walk.c;
    // Windows may overlap, so the rows of an image run one after another.
    const double cost = row_cost(w, walk.c, last) * static_cast<double>(w.h.out);
    parallel_for(walk.images, cost, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        std::fill(to + n * in, to + (n + 1) * in, T(0));
        for (int64_t i = 0; i < w.h.out; ++i)
          loops.avg_grad_row(w, i, walk.c, from.data + (n * w.h.out + i) * row, to + n * in);
      }
    });
  });
  return dx;
}

}  // namespace weft::kernel
