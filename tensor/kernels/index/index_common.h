// Shared by the index kernels: index checks, and moving elements by their size alone.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

[[noreturn]] void fail_index(const char* op, int64_t index, int64_t dim, int64_t size);

/// The index tensor as contiguous int64. Throws DtypeError unless int64 or int32.
Tensor index_numbers(const char* op, const Tensor& index);

/// Calls f with the tag of an unsigned type of the dtype's size: for kernels that only move elements.
template <class F>
void dispatch_moved(Dtype d, F&& f) {
  switch (item_size(d)) {
    case 1:
      return f(TypeTag<uint8_t>{});
    case 2:
      return f(TypeTag<uint16_t>{});
    case 4:
      return f(TypeTag<uint32_t>{});
    default:
      return f(TypeTag<uint64_t>{});
  }
}

}  // namespace weft::kernel
