#include "weft/tensor/kernels/walk/strided.h"

#include <algorithm>

namespace weft::kernel {

Dims broadcast_strides(const char* op, const Tensor& t, IntArrayRef sizes) {
  IntArrayRef own = t.sizes(), own_strides = t.impl().strides;
  bool fits = own.size() <= sizes.size();
  Dims out(sizes.size(), 0);
  for (size_t i = 0; fits && i < own.size(); ++i) {
    size_t from = own.size() - 1 - i, to = sizes.size() - 1 - i;
    fits = own[from] == sizes[to] || own[from] == 1;
    out[to] = own[from] == 1 ? 0 : own_strides[from];
  }
  check<ShapeError>(fits, "[{}] sizes {} do not broadcast to {}", op, own, sizes);
  return out;
}

template <size_t N>
Walk<N> make_walk(IntArrayRef sizes, std::array<Dims, N> strides) {
  Walk<N> walk;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 1) continue;
    bool join = !walk.sizes.empty();
    for (size_t k = 0; join && k < N; ++k) join = walk.strides[k].back() == strides[k][d] * sizes[d];
    if (join) {
      walk.sizes[walk.sizes.size() - 1] *= sizes[d];
      for (size_t k = 0; k < N; ++k) walk.strides[k][walk.sizes.size() - 1] = strides[k][d];
    } else {
      walk.sizes.push_back(sizes[d]);
      for (size_t k = 0; k < N; ++k) walk.strides[k].push_back(strides[k][d]);
    }
  }
  return walk;
}

template <size_t N>
void for_each_row(const Walk<N>& walk, double cost, FunctionRef<void(const std::array<int64_t, N>&, int64_t)> body) {
  int64_t total = numel_of(walk.sizes), inner = walk.inner();
  if (total == 0) return;
  auto outer_dims = static_cast<int64_t>(walk.sizes.size()) - 1;
  parallel_for(total, cost, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      // The row that contains element `begin`, and the position in it.
      std::array<int64_t, N> at{};
      int64_t column = begin % inner, row = begin / inner;
      for (int64_t d = outer_dims - 1; d >= 0; --d) {
        int64_t i = row % walk.sizes[d];
        row /= walk.sizes[d];
        for (size_t k = 0; k < N; ++k) at[k] += i * walk.strides[k][d];
      }
      for (size_t k = 0; k < N; ++k) at[k] += column * walk.inner_stride(k);
      int64_t n = std::min(inner - column, end - begin);
      body(at, n);
      begin += n;
    }
  });
}

template struct Walk<2>;
template struct Walk<3>;
template struct Walk<4>;
template Walk<2> make_walk<2>(IntArrayRef, std::array<Dims, 2>);
template Walk<3> make_walk<3>(IntArrayRef, std::array<Dims, 3>);
template Walk<4> make_walk<4>(IntArrayRef, std::array<Dims, 4>);
template void for_each_row<2>(const Walk<2>&, double, FunctionRef<void(const std::array<int64_t, 2>&, int64_t)>);
template void for_each_row<3>(const Walk<3>&, double, FunctionRef<void(const std::array<int64_t, 3>&, int64_t)>);
template void for_each_row<4>(const Walk<4>&, double, FunctionRef<void(const std::array<int64_t, 4>&, int64_t)>);

}  // namespace weft::kernel
