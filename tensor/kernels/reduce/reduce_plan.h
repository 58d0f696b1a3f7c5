// The walk of a reduction over memory: kept and reduced dimensions, merged where possible, in rows or in columns.
#pragma once

#include "weft/tensor/shape.h"
#include "weft/tensor/small_vector.h"
#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// Location of a tensor's elements, without reordering a private channels-last storage.
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

  DimList kept, reduced;   ///< by decreasing input stride, so that the last one is the innermost
  int64_t outputs = 1;     ///< number of results
  int64_t per_output = 1;  ///< number of elements per result
  bool columns = false;    ///< adjacent elements belong to different results
};

}  // namespace weft::kernel
