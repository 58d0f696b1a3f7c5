// Walks several strided operands of one shape together, with broadcasting, row by row and in parallel.
#pragma once

#include <array>

#include "weft/tensor/parallel.h"
#include "weft/tensor/shape.h"
#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// The strides (in elements) of a tensor broadcast to `sizes`: 0 where it is repeated. Throws ShapeError with `op`.
Dims broadcast_strides(const char* op, const Tensor& t, IntArrayRef sizes);

/// The common walk of N operands over `sizes`; adjacent dimensions that are evenly strided in every operand are merged.
template <size_t N>
struct Walk {
  Dims sizes;
  std::array<Dims, N> strides;

  int64_t inner() const { return sizes.empty() ? 1 : sizes.back(); }
  // Through the pointer: g++ 14 folds this for several N, and then warns about the bounds of the smallest.
  int64_t inner_stride(size_t operand) const { return sizes.empty() ? 1 : strides.data()[operand].back(); }
};
template <size_t N>
Walk<N> make_walk(IntArrayRef sizes, std::array<Dims, N> strides);

/// Calls body(offsets, n) for pieces of rows: offsets[k] is the offset of operand k's first element, n the number of
/// elements, which are inner_stride(k) apart. `cost`: nanoseconds per element.
template <size_t N>
void for_each_row(const Walk<N>& walk, double cost,
                  FunctionRef<void(const std::array<int64_t, N>& offsets, int64_t n)> body);

}  // namespace weft::kernel
