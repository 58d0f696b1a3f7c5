// Iterates over the positions of a shape and tracks the offsets of several strided operands.
#pragma once

#include <array>
#include <cstddef>

#include "weft/tensor/sizes.h"

namespace weft::kernel {

/// A position in `sizes`, in row-major order, with its offset in each of N operands.
template <size_t N>
class Odometer {
 public:
  Odometer(Dims sizes, std::array<Dims, N> strides)
      : sizes_(std::move(sizes)), strides_(std::move(strides)), at_(sizes_.size(), 0) {}

  /// Element offset of the position in operand k.
  int64_t offset(size_t k) const { return offsets_[k]; }
  const std::array<int64_t, N>& offsets() const { return offsets_; }

  /// Moves to the position of this row-major index.
  void seek(int64_t number) {
    offsets_.fill(0);
    for (size_t d = sizes_.size(); d-- > 0;) {
      at_[d] = sizes_[d] > 0 ? number % sizes_[d] : 0;
      number = sizes_[d] > 0 ? number / sizes_[d] : 0;
      for (size_t k = 0; k < N; ++k) offsets_[k] += at_[d] * strides_[k][d];
    }
  }

  /// Moves to the next position; from the last to the first.
  void next() {
    for (size_t d = sizes_.size(); d-- > 0;) {
      if (++at_[d] < sizes_[d]) {
        for (size_t k = 0; k < N; ++k) offsets_[k] += strides_[k][d];
        return;
      }
      at_[d] = 0;
      for (size_t k = 0; k < N; ++k) offsets_[k] -= (sizes_[d] - 1) * strides_[k][d];
    }
  }

 private:
  Dims sizes_;
  std::array<Dims, N> strides_;
  Dims at_;
  std::array<int64_t, N> offsets_{};
};

}  // namespace weft::kernel
