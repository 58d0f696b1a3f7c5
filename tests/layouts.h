// Tensors of one shape in every layout that views give, and their elements read by a plain loop over strides.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "weft/tensor/creation.h"

namespace weft::test {

/// A tensor that broadcasts to a shape, with the name of its layout.
struct Laid {
  std::string layout;
  Tensor t;
};

/// `sizes` filled with small values that differ from their neighbours; nonzero, of either sign if the dtype is signed.
inline Tensor filled(IntArrayRef sizes, Dtype dtype, int salt) {
  Tensor t = empty(sizes, kFloat64);
  double* p = t.data_ptr<double>();
  for (int64_t i = 0; i < t.numel(); ++i) {
    const auto v = static_cast<double>((i * 7 + salt * 5) % 11 + 1);
    p[i] = is_floating_point(dtype) ? (i % 3 == salt % 3 ? -v : v) / 8 : v;
  }
  return t.to(dtype);
}

/// Every layout of a matrix [r, c], or of a tensor that broadcasts to one.
inline std::vector<Laid> matrices(int64_t r, int64_t c, Dtype dtype, int salt) {
  const auto f = [&](IntArrayRef sizes) { return filled(sizes, dtype, salt); };
  using indexing::Slice;
  return {
      {"[]", f({})},
      {"[1]", f({1})},
      {"[1, 1]", f({1, 1})},
      {"[c]", f({c})},
      {"[1, c]", f({1, c})},
      {"[r, 1]", f({r, 1})},
      {"[r, c]", f({r, c})},
      {"[] expanded", f({}).expand({r, c})},
      {"[1] expanded to a row", f({1}).expand({c})},
      {"rows expanded", f({1, c}).expand({r, c})},
      {"columns expanded", f({r, 1}).expand({r, c})},
      {"column [r, 1] of a matrix", f({r, 3}).slice(1, 1, 2)},
      {"transposed", f({c, r}).t()},
      {"every second row", f({2 * r, c}).slice(0, 0, 2 * r, 2)},
      {"every second column", f({r, 2 * c}).slice(1, 1, 2 * c, 2)},
      {"columns of a wider matrix", f({r, c + 3}).slice(1, 2, c + 2)},
      {"transposed columns", f({c + 2, 2 * r}).slice(0, 1, c + 1).slice(1, 0, 2 * r, 2).t()},
  };
}

/// Layouts of a batch of images [2, 3, 4, 5], or of a tensor that broadcasts to one.
inline std::vector<Laid> images(Dtype dtype, int salt) {
  const auto f = [&](IntArrayRef sizes) { return filled(sizes, dtype, salt); };
  return {
      {"[n, c, h, w]", f({2, 3, 4, 5})},
      {"channels-last", f({2, 3, 4, 5}).contiguous(MemoryFormat::ChannelsLast)},
      {"permuted", f({5, 2, 4, 3}).permute({1, 3, 2, 0})},
      {"sliced", f({2, 6, 4, 7}).slice(1, 0, 6, 2).slice(3, 1, 6)},
      {"n expanded", f({1, 3, 4, 5}).expand({2, 3, 4, 5})},
      {"c expanded", f({2, 1, 4, 5}).expand({2, 3, 4, 5})},
      {"h expanded", f({2, 3, 1, 5}).expand({2, 3, 4, 5})},
      {"w expanded", f({2, 3, 4, 1}).expand({2, 3, 4, 5})},
      {"c and w expanded", f({2, 1, 4, 1}).expand({2, 3, 4, 5})},
      {"by channel", f({3, 1, 1})},
      {"by channel, expanded", f({3, 1, 1}).expand({3, 4, 5})},
      {"by pixel", f({4, 5})},
      {"[]", f({})},
  };
}

/// Layouts without elements.
inline std::vector<Laid> empties(Dtype dtype, int salt) {
  const auto f = [&](IntArrayRef sizes) { return filled(sizes, dtype, salt); };
  return {{"[0, 4]", f({0, 4})}, {"[0, 1]", f({0, 1})},        {"[4]", f({4})},
          {"[]", f({})},         {"[1, 4]", f({1, 4})},        {"[0, 1] expanded", f({0, 1}).expand({0, 4})},
          {"[1]", f({1})},       {"transposed", f({4, 0}).t()}};
}

/// t broadcast to `sizes` in standard order, its bytes read one element at a time through its strides.
inline Tensor by_strides(const Tensor& t, IntArrayRef sizes) {
  Tensor out = empty(sizes, t.dtype());
  const auto* from = static_cast<const char*>(t.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const size_t dims = sizes.size(), missing = dims - t.sizes().size();
  const auto item = static_cast<size_t>(t.element_size());
  std::vector<int64_t> at(dims, 0);
  for (int64_t n = 0; n < out.numel(); ++n) {
    int64_t offset = 0;
    for (size_t d = missing; d < dims; ++d)
      if (t.sizes()[d - missing] != 1) offset += at[d] * t.strides()[d - missing];
    std::memcpy(to + static_cast<size_t>(n) * item, from + offset * static_cast<int64_t>(item), item);
    for (size_t d = dims; d-- > 0 && ++at[d] == sizes[d];) at[d] = 0;
  }
  return out;
}

/// True if both have the same sizes, dtype and bits, read through their strides.
inline bool same_elements(const Tensor& a, const Tensor& b) {
  if (!(a.sizes() == b.sizes()) || a.dtype() != b.dtype()) return false;
  const Tensor x = by_strides(a, a.sizes()), y = by_strides(b, b.sizes());
  return std::memcmp(x.data_ptr(), y.data_ptr(), static_cast<size_t>(x.nbytes())) == 0;
}

}  // namespace weft::test
