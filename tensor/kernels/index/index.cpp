#include "weft/tensor/kernels/index/index.h"

#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/index/index_common.h"
#include "weft/tensor/kernels/walk/dim_lines.h"
#include "weft/tensor/kernels/walk/strided.h"
#include "weft/tensor/shape.h"

namespace weft::kernel {

void fail_index(const char* op, int64_t index, int64_t dim, int64_t size) {
  fail<IndexError>("[{}] index {} is out of range for dimension {} of size {}", op, index, dim, size);
}

Tensor index_numbers(const char* op, const Tensor& index) {
  check<DtypeError>(index.dtype() == kInt64 || index.dtype() == kInt32, "[{}] an index must be int64 or int32, got {}",
                    op, index.dtype());
  return index.dtype() == kInt64 ? kernel::contiguous(index) : copy_of(index, kInt64);
}

namespace {

void check_index_sizes(const char* op, const char* what, IntArrayRef index, IntArrayRef other, int64_t except) {
  bool fits = index.size() == other.size();
  for (size_t d = 0; fits && d < index.size(); ++d) fits = static_cast<int64_t>(d) == except || index[d] <= other[d];
  check<ShapeError>(fits, "[{}] index {} does not fit into {} {}", op, index, what, other);
}

// The strides, with that of `dim` excluded from the walk.
Dims without(Dims strides, int64_t dim, bool erase) {
  if (strides.empty()) return strides;
  if (erase)
    strides.erase(dim);
  else
    strides[dim] = 0;
  return strides;
}

int64_t stride_at(const Tensor& t, int64_t dim) { return t.dim() == 0 ? 1 : t.impl().strides[dim]; }
int64_t size_at(const Tensor& t, int64_t dim) { return t.dim() == 0 ? 1 : t.impl().sizes[dim]; }

template <class T>
void gather_elements(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& out) {
  const T* from = static_cast<const T*>(x.data_ptr());
  T* to = static_cast<T*>(out.data_ptr());
  const int64_t* at = index.data_ptr<int64_t>();
  const int64_t size = size_at(x, dim), step = stride_at(x, dim);
  const auto walk =
      make_walk<3>(out.sizes(), {out.impl().strides, index.impl().strides, without(x.impl().strides, dim, false)});
  const int64_t inner = walk.inner_stride(2);
  for_each_row<3>(walk, 2, [&](const std::array<int64_t, 3>& row, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t k = at[row[1] + i];
      if (k < 0 || k >= size) [[unlikely]]
        fail_index("gather", k, dim, size);
      to[row[0] + i] = from[row[2] + i * inner + k * step];
    }
  });
}

// Lines along dim are independent; within one, the order is that of the index.
template <class T, bool kAdd>
void scatter_elements(const Tensor& out, int64_t dim, const Tensor& index, const Tensor& src) {
  T* to = static_cast<T*>(out.data_ptr());
  const T* from = static_cast<const T*>(src.data_ptr());
  const int64_t* at = index.data_ptr<int64_t>();
  const int64_t size = size_at(out, dim), step = stride_at(out, dim), n_along = size_at(index, dim);
  const int64_t index_step = stride_at(index, dim), src_step = stride_at(src, dim);
  const auto walk = make_walk<3>(without(index.sizes(), dim, true),
                                 {without(out.impl().strides, dim, true), without(index.impl().strides, dim, true),
                                  without(src.impl().strides, dim, true)});
  const int64_t so = walk.inner_stride(0), si = walk.inner_stride(1), ss = walk.inner_stride(2);
  for_each_row<3>(walk, 2.0 * static_cast<double>(n_along), [&](const std::array<int64_t, 3>& row, int64_t n) {
    for (int64_t k = 0; k < n_along; ++k)
      for (int64_t i = 0; i < n; ++i) {
        const int64_t target = at[row[1] + i * si + k * index_step];
        if (target < 0 || target >= size) [[unlikely]]
          fail_index(kAdd ? "scatter_add" : "scatter", target, dim, size);
        T& place = to[row[0] + i * so + target * step];
        const T value = from[row[2] + i * ss + k * src_step];
        place = kAdd ? wrap_add(place, value) : value;
      }
  });
}

}  // namespace

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  dim = wrap_dim("gather", dim, x.dim());
  check_index_sizes("gather", "the tensor", index.sizes(), x.sizes(), dim);
  Tensor out = empty(index.sizes(), x.dtype());
  const Tensor at = index_numbers("gather", index);
  dispatch_moved(x.dtype(), [&](auto tag) { gather_elements<typename decltype(tag)::type>(x, dim, at, out); });
  return out;
}

void scatter_into(const Tensor& out, int64_t dim, const Tensor& index, const Tensor& src, bool add) {
  const char* op = add ? "scatter_add" : "scatter";
  dim = wrap_dim(op, dim, out.dim());
  check<DtypeError>(src.dtype() == out.dtype(), "[{}] src is {}, the tensor {}", op, src.dtype(), out.dtype());
  check_index_sizes(op, "the tensor", index.sizes(), out.sizes(), dim);
  check_index_sizes(op, "src", index.sizes(), src.sizes(), -1);
  if (add && !has_kernels(out.dtype())) [[unlikely]]
    return change_in_wide([&](const Tensor& out, const Tensor& src) { scatter_into(out, dim, index, src, true); }, out,
                          src);
  const Tensor at = index_numbers(op, index);
  if (at.numel() == 0) return;
  if (add)
    dispatch<KernelTypes>(op, out.dtype(),
                          [&](auto tag) { scatter_elements<typename decltype(tag)::type, true>(out, dim, at, src); });
  else
    dispatch_moved(out.dtype(),
                   [&](auto tag) { scatter_elements<typename decltype(tag)::type, false>(out, dim, at, src); });
}

Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index, const char* op) {
  dim = wrap_dim(op, dim, x.dim());
  check<ShapeError>(index.dim() <= 1, "[{}] the index must have one dimension, got sizes {}", op, index.sizes());
  const Tensor in = kernel::contiguous(x), at = index_numbers(op, index);
  const Lines lines(x.sizes(), dim);
  const int64_t* rows = at.data_ptr<int64_t>();
  const int64_t m = at.numel(), bytes = lines.inner * x.element_size();
  for (int64_t i = 0; i < m; ++i)
    if (rows[i] < 0 || rows[i] >= lines.n) fail_index(op, rows[i], dim, lines.n);
  Dims sizes = x.sizes();
  if (!sizes.empty()) sizes[dim] = m;
  check<ShapeError>(!sizes.empty() || m == 1, "[{}] {} elements of a tensor without dimensions", op, m);
  Tensor out = empty(sizes, x.dtype());
  const char* from = static_cast<const char*>(in.data_ptr());
  char* to = static_cast<char*>(out.data_ptr());
  parallel_for(lines.outer * m, 3 + 0.1 * static_cast<double>(bytes), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      std::memcpy(to + r * bytes, from + (r / m * lines.n + rows[r % m]) * bytes, bytes);
  });
  return out;
}

void index_add_into(const Tensor& out, int64_t dim, const Tensor& index, const Tensor& src, const Scalar& alpha) {
  dim = wrap_dim("index_add", dim, out.dim());
  check<ShapeError>(index.dim() <= 1, "[index_add] the index must have one dimension, got sizes {}", index.sizes());
  check<DtypeError>(src.dtype() == out.dtype(), "[index_add] src is {}, the tensor {}", src.dtype(), out.dtype());
  if (!has_kernels(out.dtype())) [[unlikely]]
    return change_in_wide([&](const Tensor& out, const Tensor& src) { index_add_into(out, dim, index, src, alpha); },
                          out, src);
  Dims wanted = out.sizes();
  if (!wanted.empty()) wanted[dim] = index.numel();
  check<ShapeError>(src.sizes() == IntArrayRef(wanted), "[index_add] src has sizes {}, needs {}", src.sizes(), wanted);
  const Tensor in = kernel::contiguous(src), at = index_numbers("index_add", index);
  const Lines lines(out.sizes(), dim);
  const int64_t* rows = at.data_ptr<int64_t>();
  const int64_t m = at.numel();
  for (int64_t i = 0; i < m; ++i)
    if (rows[i] < 0 || rows[i] >= lines.n) fail_index("index_add", rows[i], dim, lines.n);
  // Split into columns: each element receives its summands in the order of the index, in any thread.
  constexpr int64_t kColumns = 16;
  const int64_t tile = std::max(kColumns, (lines.inner / 16 + kColumns - 1) / kColumns * kColumns);
  const int64_t tiles = (lines.inner + tile - 1) / tile;
  dispatch<KernelTypes>("index_add", out.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T factor = alpha.to<T>();
    T* to = out.data_ptr<T>();
    const T* from = in.data_ptr<T>();
    const double cost = static_cast<double>(m) * (2 + 0.2 * static_cast<double>(std::min(tile, lines.inner)));
    parallel_for(lines.outer * tiles, cost, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t o = t / tiles, first = t % tiles * tile, n = std::min(tile, lines.inner - first);
        for (int64_t i = 0; i < m; ++i) {
          T* a = to + (o * lines.n + rows[i]) * lines.inner + first;
          const T* b = from + (o * m + i) * lines.inner + first;
          for (int64_t c = 0; c < n; ++c) a[c] = wrap_add(a[c], wrap_mul(factor, b[c]));
        }
      }
    });
  });
}

}  // namespace weft::kernel
