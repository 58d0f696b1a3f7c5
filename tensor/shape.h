// Shape arithmetic for all op families: negative dimensions, broadcasting, sizes after a reduction.
#pragma once

#include <bitset>

#include "weft/tensor/error.h"
#include "weft/tensor/sizes.h"

namespace weft {

/// Tensors have at most this many dimensions.
inline constexpr size_t kMaxDims = 64;
/// One bit per dimension.
using DimMask = std::bitset<kMaxDims>;

[[noreturn]] void fail_dim(const char* op, int64_t dim, int64_t ndim);

/// Converts `dim` of a tensor of ndim dimensions to a non-negative index. A tensor without dimensions accepts 0 and -1.
/// Throws IndexError.
inline int64_t wrap_dim(const char* op, int64_t dim, int64_t ndim) {
  const int64_t n = ndim > 0 ? ndim : 1;
  if (dim < -n || dim >= n) [[unlikely]]
    fail_dim(op, dim, ndim);
  return dim < 0 ? dim + n : dim;
}

/// The set of `dims`; all dimensions for an empty list. Throws IndexError, and ValueError for a repeated one.
DimMask dim_mask(const char* op, IntArrayRef dims, int64_t ndim);

/// Sizes of a result whose dimensions in `mask` are reduced to 1 (keepdim) or removed.
Dims reduced_sizes(IntArrayRef sizes, const DimMask& mask, bool keepdim);

/// The sizes to which a and b broadcast. Throws ShapeError.
Dims broadcast_sizes(const char* op, IntArrayRef a, IntArrayRef b);

}  // namespace weft
