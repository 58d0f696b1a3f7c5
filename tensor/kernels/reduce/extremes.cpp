// Kernels along one dimension: positions of extremes, running sums; and comparisons and counts of entire tensors.
#include <cmath>
#include <cstring>
#include <memory>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/reduce/reduce.h"
#include "weft/tensor/kernels/walk/dim_lines.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

template <class T>
bool is_nan(T v) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(v);
  return false;
}

// True if b replaces an earlier a.
template <class T>
bool beats(T b, T a, bool greatest) {
  if (is_nan(a)) return false;
  return is_nan(b) || (greatest ? b > a : b < a);
}

// One line of n consecutive elements.
template <class T>
int64_t first_extreme(const T* p, int64_t n, bool greatest) {
  int64_t best = 0;
  for (int64_t i = 1; i < n; ++i)
    if (beats(p[i], p[best], greatest)) best = i;
  return best;
}

// `count` adjacent lines; rows are `inner` apart.
template <class T>
void first_extremes(const T* p, int64_t n, int64_t inner, int64_t count, bool greatest, T* values, int64_t* indices) {
  std::copy(p, p + count, values);
  std::fill(indices, indices + count, 0);
  for (int64_t i = 1; i < n; ++i)
    for (int64_t c = 0; c < count; ++c) {
      const T v = p[i * inner + c];
      if (beats(v, values[c], greatest)) values[c] = v, indices[c] = i;
    }
}

}  // namespace

Tensor2 extreme_along(const Tensor& x, int64_t dim, bool keepdim, bool greatest) {
  if (!has_kernels(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::extreme_along(x, dim, keepdim, greatest); }, x);
  const char* op = greatest ? "max" : "min";
  dim = wrap_dim(op, dim, x.dim());
  const Lines lines(x.sizes(), dim);
  check<ShapeError>(lines.n > 0 || lines.outer * lines.inner == 0, "[{}] dimension {} of {} has no element", op, dim,
                    x.sizes());
  DimMask mask;
  mask.set(dim);
  const Tensor in = kernel::contiguous(x);
  const Dims sizes = reduced_sizes(x.sizes(), mask, keepdim);
  Tensor values = empty(sizes, x.dtype()), indices = empty(sizes, kInt64);
  auto* index = indices.data_ptr<int64_t>();
  dispatch<KernelTypes>(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* from = in.data_ptr<T>();
    T* value = values.data_ptr<T>();
    if (lines.inner == 1) {
      parallel_for(lines.outer, static_cast<double>(lines.n), [&](int64_t begin, int64_t end) {
        for (int64_t l = begin; l < end; ++l) {
          index[l] = first_extreme(from + l * lines.n, lines.n, greatest);
          value[l] = from[l * lines.n + index[l]];
        }
      });
      return;
    }
    lines.each_tile(1, [&](int64_t o, int64_t first, int64_t count) {
      first_extremes(from + o * lines.n * lines.inner + first, lines.n, lines.inner, count, greatest,
                     value + o * lines.inner + first, index + o * lines.inner + first);
    });
  });
  return {values, indices};
}

Tensor arg_extreme(const Tensor& x, bool greatest) {
  if (!has_kernels(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::arg_extreme(x, greatest); }, x);
  check<ShapeError>(x.numel() > 0, "[{}] needs at least one element, got sizes {}", greatest ? "argmax" : "argmin",
                    x.sizes());
  const Tensor in = kernel::contiguous(x);
  Tensor out = empty({}, kInt64);
  dispatch<KernelTypes>(greatest ? "argmax" : "argmin", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* p = in.data_ptr<T>();
    const Pieces cut = pieces_of(x.numel(), 1);
    std::vector<int64_t> best(cut.count);
    parallel_pieces(cut.count, static_cast<double>(cut.piece), [&](int64_t i) {
      const int64_t first = i * cut.piece, n = std::min(cut.piece, x.numel() - first);
      best[i] = first + first_extreme(p + first, n, greatest);
    });
    int64_t winner = best[0];
    for (int64_t b : best)
      if (beats(p[b], p[winner], greatest)) winner = b;
    *out.data_ptr<int64_t>() = winner;
  });
  return out;
}

Tensor cumsum(const Tensor& x, int64_t dim) {
  if (!has_kernels(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::cumsum(x, dim); }, x);
  dim = wrap_dim("cumsum", dim, x.dim());
  const Lines lines(x.sizes(), dim);
  const Tensor in = kernel::contiguous(x);
  Tensor out = empty(x.sizes(), is_floating_point(x.dtype()) ? x.dtype() : kInt64);
  dispatch<KernelTypes>("cumsum", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Out = std::conditional_t<std::is_floating_point_v<T>, T, int64_t>;
    using Acc = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;  // wraps
    const T* from = in.data_ptr<T>();
    Out* to = out.data_ptr<Out>();
    lines.each_tile(1, [&](int64_t o, int64_t first, int64_t count) {
      Acc acc[Lines::kTile] = {};
      const int64_t start = o * lines.n * lines.inner + first;
      for (int64_t i = 0; i < lines.n; ++i)
        for (int64_t c = 0; c < count; ++c) {
          const int64_t at = start + i * lines.inner + c;
          to[at] = static_cast<Out>(acc[c] += static_cast<Acc>(from[at]));
        }
    });
  });
  return out;
}

bool equal(const Tensor& a, const Tensor& b) {
  check<DtypeError>(a.dtype() == b.dtype(), "[equal] dtypes {} and {} differ", a.dtype(), b.dtype());
  if (!(a.sizes() == b.sizes())) return false;
  if (!has_kernels(a.dtype())) return kernel::equal(widened(a), widened(b));
  const Tensor x = kernel::contiguous(a), y = kernel::contiguous(b);
  return dispatch<KernelTypes>("equal", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* p = x.data_ptr<T>();
    return std::equal(p, p + x.numel(), y.data_ptr<T>());
  });
}

Tensor bincount(const Tensor& x, int64_t minlength) {
  check<DtypeError>(!is_floating_point(x.dtype()) && x.dtype() != kBool, "[bincount] needs integers, got {}",
                    x.dtype());
  check<ShapeError>(x.dim() == 1, "[bincount] needs one dimension, got sizes {}", x.sizes());
  check<ValueError>(minlength >= 0, "[bincount] minlength {} is negative", minlength);
  const Tensor ids = copy_of(x, kInt64);
  const int64_t* p = ids.data_ptr<int64_t>();
  int64_t length = minlength;
  for (int64_t i = 0; i < ids.numel(); ++i) {
    check<ValueError>(p[i] >= 0, "[bincount] element {} is negative: {}", i, p[i]);
    length = std::max(length, p[i] < kMaxElements ? p[i] + 1 : kMaxElements);
  }
  Tensor out = empty({length}, kInt64);
  auto* counts = out.data_ptr<int64_t>();
  std::fill(counts, counts + length, 0);
  for (int64_t i = 0; i < ids.numel(); ++i) ++counts[p[i]];
  return out;
}

}  // namespace weft::kernel
