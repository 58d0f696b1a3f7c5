// Copies between strides, memory orders and dtypes; filling.
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/convert.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/index/index_common.h"
#include "weft/tensor/kernels/walk/strided.h"

namespace weft::kernel {
namespace {

constexpr double kCopyCost = 0.3;
constexpr int64_t kTile = 16;

template <class T>
void copy_row(T* to, int64_t step_to, const T* from, int64_t step_from, int64_t n) {
  if (step_to == 1 && step_from == 1) {
    std::memcpy(to, from, n * sizeof(T));
  } else if (step_to == 1 && step_from == 0) {
    std::fill_n(to, n, *from);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * step_to] = from[i * step_from];
  }
}

// A matrix whose rows are consecutive in one operand and whose columns are in the other is copied by tiles; otherwise
// every element would touch its own cache line.
template <class T>
void transpose(T* to, int64_t row_to, const T* from, int64_t column_from, int64_t rows, int64_t columns) {
  parallel_for((rows + kTile - 1) / kTile, kCopyCost * 3 * kTile * static_cast<double>(columns),
               [&](int64_t b, int64_t e) {
                 for (int64_t r0 = b * kTile; r0 < std::min(rows, e * kTile); r0 += kTile)
                   for (int64_t c0 = 0; c0 < columns; c0 += kTile)
                     for (int64_t r = r0; r < std::min(rows, r0 + kTile); ++r)
                       for (int64_t c = c0; c < std::min(columns, c0 + kTile); ++c)
                         to[r * row_to + c] = from[c * column_from + r];
               });
}

template <class T>
void copy_moved(const Tensor& dst, const Tensor& src, const Walk<2>& walk) {
  T* to = static_cast<T*>(dst.data_ptr());
  const T* from = static_cast<const T*>(src.data_ptr());
  bool plane = walk.sizes.size() == 2 && walk.strides[0][1] == 1 && walk.strides[1][0] == 1 && walk.strides[1][1] > 1;
  if (plane) return transpose(to, walk.strides[0][0], from, walk.strides[1][1], walk.sizes[0], walk.sizes[1]);
  int64_t step_to = walk.inner_stride(0), step_from = walk.inner_stride(1);
  for_each_row<2>(walk, kCopyCost, [&](const std::array<int64_t, 2>& at, int64_t n) {
    copy_row(to + at[0], step_to, from + at[1], step_from, n);
  });
}

void copy_converted(const Tensor& dst, const Tensor& src, const Walk<2>& walk) {
  const Conversion convert(dst.dtype(), src.dtype());
  auto* to = static_cast<char*>(dst.data_ptr());
  const auto* from = static_cast<const char*>(src.data_ptr());
  const int64_t item_to = dst.element_size(), item_from = src.element_size();
  const int64_t step_to = walk.inner_stride(0), step_from = walk.inner_stride(1);
  for_each_row<2>(walk, kCopyCost, [&](const std::array<int64_t, 2>& at, int64_t n) {
    convert.row(to + at[0] * item_to, step_to, from + at[1] * item_from, step_from, n);
  });
}

}  // namespace

void copy(const Tensor& dst, const Tensor& src) {
  if (dst.numel() == 0) return;
  if (dst.dtype() == src.dtype() && same_layout(dst, src)) {
    int64_t item = dst.element_size();
    char* to = flat_data<char>(dst) + dst.storage_offset() * (item - 1);
    const char* from = flat_data<char>(src) + src.storage_offset() * (item - 1);
    if (to == from) return;
    return parallel_for(dst.numel() * item, 0.1, [&](int64_t b, int64_t e) { std::memcpy(to + b, from + b, e - b); });
  }
  auto walk = make_walk<2>(dst.sizes(), {dst.impl().strides, broadcast_strides("copy_", src, dst.sizes())});
  if (dst.dtype() != src.dtype()) return copy_converted(dst, src, walk);
  dispatch_moved(dst.dtype(), [&](auto tag) { copy_moved<typename decltype(tag)::type>(dst, src, walk); });
}

void fill(const Tensor& dst, const Scalar& value) {
  alignas(8) char bytes[8] = {};
  dispatch_all(dst.dtype(), [&](auto tag) {
    const auto v = value.to<typename decltype(tag)::type>();
    std::memcpy(bytes, &v, sizeof(v));
  });
  dispatch_moved(dst.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T v;
    std::memcpy(&v, bytes, sizeof(v));
    if (dst.impl().contiguous) {
      T* to = flat_data<T>(dst);
      return parallel_for(dst.numel(), kCopyCost, [&](int64_t b, int64_t e) { std::fill(to + b, to + e, v); });
    }
    auto walk = make_walk<2>(dst.sizes(), {dst.impl().strides, dst.impl().strides});
    T* to = static_cast<T*>(dst.data_ptr());
    int64_t step = walk.inner_stride(0);
    for_each_row<2>(walk, kCopyCost, [&](const std::array<int64_t, 2>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) to[at[0] + i * step] = v;
    });
  });
}

Tensor copy_of(const Tensor& x, Dtype dtype, MemoryFormat format) {
  Tensor out;
  if (format == MemoryFormat::ChannelsLast) {
    check<ShapeError>(x.dim() == 4, "[contiguous] channels-last needs 4 dimensions, got {}", x.sizes());
    int64_t c = x.size(1), h = x.size(2), w = x.size(3);
    out = Tensor(storage_for(x.sizes(), dtype), dtype, x.sizes(), Dims{c * h * w, 1, w * c, c});
  } else if (x.impl().contiguous) {
    out = output_like(x, dtype);  // keeps the private order
  } else {
    out = empty(x.sizes(), dtype);
  }
  if (same_layout(out, x) && x.impl().contiguous && out.dtype() != x.dtype()) {
    // Convert in memory order.
    const Conversion convert(dtype, x.dtype());
    const int64_t item_to = out.element_size(), item_from = x.element_size();
    bool order;
    auto* to = static_cast<char*>(out.impl().storage->raw(&order)) + out.storage_offset() * item_to;
    const auto* from = static_cast<const char*>(x.impl().storage->raw(&order)) + x.storage_offset() * item_from;
    parallel_for(x.numel(), kCopyCost,
                 [&](int64_t b, int64_t e) { convert.row(to + b * item_to, 1, from + b * item_from, 1, e - b); });
    return out;
  }
  copy(out, x);
  return out;
}

Tensor contiguous(const Tensor& x) { return x.impl().contiguous ? x : copy_of(x, x.dtype()); }

}  // namespace weft::kernel
