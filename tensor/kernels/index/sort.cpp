#include "weft/tensor/kernels/index/sort.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/walk/dim_lines.h"
#include "weft/tensor/shape.h"

namespace weft::kernel {
namespace {

template <class T>
struct Item {
  T value;
  int64_t index;
};

// Compares by value, then by position: a total order, so that every sorting algorithm is stable and gives the same
// result.
template <class T>
struct Before {
  bool descending;
  bool operator()(const Item<T>& a, const Item<T>& b) const {
    if constexpr (std::is_floating_point_v<T>) {
      const bool na = std::isnan(a.value), nb = std::isnan(b.value);
      if (na != nb) return na == descending;
      if (na) return a.index < b.index;
    }
    if (a.value != b.value) return descending ? a.value > b.value : a.value < b.value;
    return a.index < b.index;
  }
};

// The first k sorted elements of every line.
Tensor2 first_sorted(const Tensor& x, int64_t dim, int64_t k, bool descending) {
  if (!has_kernels(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return first_sorted(x, dim, k, descending); }, x);
  const Lines lines(x.sizes(), dim);
  const Tensor in = kernel::contiguous(x);
  Dims sizes = x.sizes();
  if (!sizes.empty()) sizes[dim] = k;
  Tensor values = empty(sizes, x.dtype()), indices = empty(sizes, kInt64);
  auto* index = indices.data_ptr<int64_t>();
  dispatch<KernelTypes>("sort", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* from = in.data_ptr<T>();
    T* value = values.data_ptr<T>();
    const auto n = static_cast<double>(lines.n);
    parallel_for(lines.outer * lines.inner, 10 * n * std::log2(n + 2), [&](int64_t begin, int64_t end) {
      std::vector<Item<T>> items(lines.n);
      for (int64_t l = begin; l < end; ++l) {
        const int64_t o = l / lines.inner, i = l % lines.inner;
        for (int64_t e = 0; e < lines.n; ++e) items[e] = {from[(o * lines.n + e) * lines.inner + i], e};
        if (k < lines.n) std::nth_element(items.begin(), items.begin() + k, items.end(), Before<T>{descending});
        std::sort(items.begin(), items.begin() + k, Before<T>{descending});
        for (int64_t e = 0; e < k; ++e) {
          const int64_t at = (o * k + e) * lines.inner + i;
          value[at] = items[e].value, index[at] = items[e].index;
        }
      }
    });
  });
  return {values, indices};
}

}  // namespace

Tensor2 sort(const Tensor& x, int64_t dim, bool descending) {
  dim = wrap_dim("sort", dim, x.dim());
  return first_sorted(x, dim, Lines(x.sizes(), dim).n, descending);
}

Tensor2 topk(const Tensor& x, int64_t k, int64_t dim, bool largest) {
  dim = wrap_dim("topk", dim, x.dim());
  const int64_t n = Lines(x.sizes(), dim).n;
  check<ValueError>(k >= 0 && k <= n, "[topk] k = {} of dimension {} of size {}", k, dim, n);
  return first_sorted(x, dim, k, largest);
}

}  // namespace weft::kernel
