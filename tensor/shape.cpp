#include "weft/tensor/shape.h"

namespace weft {

void fail_dim(const char* op, int64_t dim, int64_t ndim) {
  const int64_t n = ndim > 0 ? ndim : 1;
  fail<IndexError>("[{}] dimension {} of a tensor of {} dimensions: must be in [{}, {}]", op, dim, ndim, -n, n - 1);
}

DimMask dim_mask(const char* op, IntArrayRef dims, int64_t ndim) {
  check<ShapeError>(ndim <= static_cast<int64_t>(kMaxDims), "[{}] tensor of {} dimensions, at most {} are supported",
                    op, ndim, kMaxDims);
  DimMask mask;
  if (dims.empty()) {
    for (int64_t d = 0; d < ndim; ++d) mask.set(d);
    return mask;
  }
  for (int64_t dim : dims) {
    const int64_t d = wrap_dim(op, dim, ndim);
    check<ValueError>(!mask[d], "[{}] dimension {} appears more than once in {}", op, d, dims);
    mask.set(d);
  }
  return mask;
}

Dims reduced_sizes(IntArrayRef sizes, const DimMask& mask, bool keepdim) {
  Dims out;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (!mask[d])
      out.push_back(sizes[d]);
    else if (keepdim)
      out.push_back(1);
  }
  return out;
}

Dims broadcast_sizes(const char* op, IntArrayRef a, IntArrayRef b) {
  const size_t n = std::max(a.size(), b.size());
  Dims out(n, 1);
  for (size_t i = 1; i <= n; ++i) {
    const int64_t x = i <= a.size() ? a[a.size() - i] : 1, y = i <= b.size() ? b[b.size() - i] : 1;
    check<ShapeError>(x == y || x == 1 || y == 1, "[{}] sizes {} and {} do not broadcast: {} against {}", op, a, b, x,
                      y);
    out[n - i] = x == 1 ? y : x;
  }
  return out;
}

}  // namespace weft
