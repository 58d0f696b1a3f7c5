// Kernels that move elements by a rule: coordinates of nonzero elements, triangles, flipping, joining.
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/kernels/index/index_common.h"
#include "weft/tensor/kernels/walk/dim_lines.h"
#include "weft/tensor/kernels/walk/strided.h"
#include "weft/tensor/shape.h"

namespace weft::kernel {

Tensor nonzero(const Tensor& x) {
  if (!has_kernels(x.dtype())) return kernel::nonzero(widened(x));
  const Tensor in = kernel::contiguous(x);
  return dispatch<KernelTypes>("nonzero", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* p = in.data_ptr<T>();
    const int64_t n = x.numel();
    const Pieces cut = pieces_of(n, 1);
    std::vector<int64_t> starts(cut.count + 1, 0);
    parallel_pieces(cut.count, static_cast<double>(cut.piece), [&](int64_t i) {
      const T *from = p + i * cut.piece, *end = p + std::min(n, (i + 1) * cut.piece);
      starts[i + 1] = (end - from) - std::count(from, end, T(0));
    });
    for (int64_t i = 0; i < cut.count; ++i) starts[i + 1] += starts[i];
    const IntArrayRef sizes = x.sizes();
    const auto dims = static_cast<int64_t>(sizes.size());
    Tensor out = empty({starts[cut.count], dims}, kInt64);
    auto* to = out.data_ptr<int64_t>();
    parallel_pieces(cut.count, 2 * static_cast<double>(cut.piece), [&](int64_t i) {
      int64_t* row = to + starts[i] * dims;
      for (int64_t e = i * cut.piece; e < std::min(n, (i + 1) * cut.piece); ++e) {
        if (p[e] == T(0)) continue;
        int64_t rest = e;
        for (int64_t d = dims; d-- > 0; rest /= sizes[d]) row[d] = rest % sizes[d];
        row += dims;
      }
    });
    return out;
  });
}

Tensor triangle(const Tensor& x, int64_t diagonal, bool upper) {
  check<ShapeError>(x.dim() >= 2, "[{}] needs two dimensions or more, got sizes {}", upper ? "triu" : "tril",
                    x.sizes());
  const Tensor in = kernel::contiguous(x);
  Tensor out = empty(x.sizes(), x.dtype());
  const int64_t rows = x.size(-2), cols = x.size(-1), item = x.element_size();
  const char* from = static_cast<const char*>(in.data_ptr());
  char* to = static_cast<char*>(out.data_ptr());
  const int64_t shift = std::clamp(diagonal, -rows - 1, cols) + (upper ? 0 : 1);
  const int64_t lines = cols > 0 ? x.numel() / cols : 0;
  parallel_for(lines, 3 + 0.1 * static_cast<double>(cols * item), [&](int64_t begin, int64_t end) {
    for (int64_t l = begin; l < end; ++l) {
      // Elements [0, split) lie on one side of the line, [split, cols) on the other.
      const int64_t split = std::clamp<int64_t>(l % rows + shift, 0, cols);
      const int64_t keep_from = upper ? split : 0, keep_to = upper ? cols : split;
      char* row = to + l * cols * item;
      std::memset(row, 0, cols * item);
      std::memcpy(row + keep_from * item, from + (l * cols + keep_from) * item, (keep_to - keep_from) * item);
    }
  });
  return out;
}

Tensor flip(const Tensor& x, IntArrayRef dims) {
  Dims strides = x.impl().strides;
  int64_t start = 0;
  if (!dims.empty()) {
    const DimMask mask = dim_mask("flip", dims, x.dim());
    for (size_t d = 0; d < strides.size(); ++d)
      if (mask[d]) start += (x.sizes()[d] - 1) * strides[d], strides[d] = -strides[d];
  }
  Tensor out = empty(x.sizes(), x.dtype());
  if (x.numel() == 0) return out;
  dispatch_moved(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* from = static_cast<const T*>(x.data_ptr()) + start;
    T* to = static_cast<T*>(out.data_ptr());
    const auto walk = make_walk<2>(x.sizes(), {out.impl().strides, strides});
    const int64_t step = walk.inner_stride(1);
    for_each_row<2>(walk, 1, [&](const std::array<int64_t, 2>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) to[at[0] + i] = from[at[1] + i * step];
    });
  });
  return out;
}

Tensor cat(const TensorList& tensors, int64_t dim) {
  const Tensor& first = tensors[0];
  Dims sizes = first.sizes();
  sizes[dim] = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    Dims own = tensors[i].sizes();
    const int64_t along = static_cast<size_t>(dim) < own.size() ? own[dim] : 0;
    if (own.size() == sizes.size()) own[dim] = sizes[dim];
    check<ShapeError>(own == sizes,
                      "[cat] tensor {} has sizes {}, the first {}: they must agree except in dimension {}", i,
                      tensors[i].sizes(), first.sizes(), dim);
    sizes[dim] += along;
  }
  Tensor out = empty(sizes, first.dtype());
  const Lines lines(sizes, dim);
  const int64_t item = first.element_size(), row = lines.n * lines.inner * item;
  char* to = static_cast<char*>(out.data_ptr());
  for (const Tensor& t : tensors) {
    const Tensor in = kernel::contiguous(t);
    const int64_t bytes = in.sizes()[dim] * lines.inner * item;
    const char* from = static_cast<const char*>(in.data_ptr());
    parallel_for(lines.outer, 3 + 0.1 * static_cast<double>(bytes), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) std::memcpy(to + o * row, from + o * bytes, bytes);
    });
    to += bytes;
  }
  return out;
}

}  // namespace weft::kernel
