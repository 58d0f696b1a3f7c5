// How a reduction walks memory: kept and reduced dimensions, merged where they lie together, in rows or in columns.
#pragma once

#include "weft/tensor/shape.h"
#include "weft/tensor/small_vector.h"
#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// Where a tensor's elements are, without putting a private channels-last storage into standard order.
struct RawView {
  explicit RawView(const Tensor& x);
  const void* data;
  Dims strides;
};

struct ReducePlan {
  struct Dim {
    int64_t size, in, out;  ///< strides in elements; `out` is 0 for a reduced dimension
  };
  using DimList = SmallVector<Dim, 4>;
  ReducePlan(IntArrayRef sizes, IntArrayRef strides, const DimMask& mask);

  DimList kept, reduced;   ///< by falling input stride, so that the last one is the innermost
  int64_t outputs = 1;     ///< number of results
  int64_t per_output = 1;  ///< number of elements behind each
  bool columns = false;    ///< neighbours in memory belong to different results
};

}  // namespace weft::kernel
