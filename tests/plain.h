// Plain loops over float64 tensors in standard order: references for the results of ops.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "weft/tensor/creation.h"

namespace weft::test {

using Position = std::vector<int64_t>;

/// A tensor whose element at each position is at(position).
inline Tensor build(IntArrayRef sizes, const std::function<double(const Position&)>& at) {
  Tensor out = empty(sizes, kFloat64);
  Position i(sizes.size(), 0);
  for (int64_t n = 0; n < out.numel(); ++n) {
    out.data_ptr<double>()[n] = at(i);
    for (size_t d = i.size(); d-- > 0 && ++i[d] == sizes[d];) i[d] = 0;
  }
  return out;
}

/// The element at a position of a tensor in standard order.
inline double at(const Tensor& x, const Position& i) {
  int64_t n = 0;
  for (size_t d = 0; d < i.size(); ++d) n = n * x.sizes()[d] + i[d];
  return x.data_ptr<double>()[n];
}

/// The element at a position, or `outside` if the position is outside.
inline double at_or(const Tensor& x, const Position& i, double outside) {
  for (size_t d = 0; d < i.size(); ++d)
    if (i[d] < 0 || i[d] >= x.sizes()[d]) return outside;
  return at(x, i);
}

/// f of each element.
inline Tensor map(const Tensor& x, const std::function<double(double)>& f) {
  const Tensor in = x.detach().contiguous();
  return build(x.sizes(), [&](const Position& i) { return f(at(in, i)); });
}

/// f of each pair of elements, b broadcast to a's sizes.
inline Tensor map2(const Tensor& a, const Tensor& b, const std::function<double(double, double)>& f) {
  const Tensor x = a.detach().contiguous(), y = b.detach().expand_as(a).contiguous();
  return build(a.sizes(), [&](const Position& i) { return f(at(x, i), at(y, i)); });
}

/// f of all elements along the dimensions `dims` (not negative), each group in order.
inline Tensor reduce(const Tensor& x, const Position& dims, bool keepdim,
                     const std::function<double(const std::vector<double>&)>& f) {
  const auto reduced = [&](size_t d) { return std::find(dims.begin(), dims.end(), d) != dims.end(); };
  Dims kept, out;
  for (size_t d = 0; d < x.sizes().size(); ++d) {
    kept.push_back(reduced(d) ? 1 : x.sizes()[d]);
    if (keepdim || !reduced(d)) out.push_back(kept.back());
  }
  std::vector<std::vector<double>> groups(static_cast<size_t>(numel_of(kept)));
  build(x.sizes(), [&](const Position& i) {
    size_t g = 0;
    for (size_t d = 0; d < i.size(); ++d)
      g = g * static_cast<size_t>(kept[d]) + (reduced(d) ? 0 : static_cast<size_t>(i[d]));
    groups[g].push_back(at(x, i));
    return 0.;
  });
  size_t n = 0;
  return build(out, [&](const Position&) { return f(groups[n++]); });
}

}  // namespace weft::test
