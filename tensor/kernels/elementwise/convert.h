// Conversion of rows of elements between any two dtypes.
#pragma once

#include "weft/tensor/dtype.h"

namespace weft::kernel {

/// The loops that convert `from` to `to`, which differ: one for dtypes with kernels. A dtype without kernels converts
/// to and from the one it is computed in; other pairs go through that, a block at a time.
class Conversion {
 public:
  Conversion(Dtype to, Dtype from) {
    if (has_kernels(to) && has_kernels(from)) [[likely]]
      loops_[0] = direct(to, from), count_ = 1;
    else
      add_steps(to, from);
  }
  /// Converts n elements; steps in elements, 0 for one value.
  void row(void* to, int64_t step_to, const void* from, int64_t step_from, int64_t n) const {
    if (count_ == 1) [[likely]]
      return loops_[0](to, step_to, from, step_from, n);
    by_blocks(to, step_to, from, step_from, n);
  }

 private:
  using Loop = void (*)(void* to, int64_t step_to, const void* from, int64_t step_from, int64_t n);
  static Loop direct(Dtype to, Dtype from);
  void add_steps(Dtype to, Dtype from);
  void by_blocks(void* to, int64_t step_to, const void* from, int64_t step_from, int64_t n) const;

  Loop loops_[3];
  int count_;
  int64_t item_to_, item_from_;  ///< of conversions in several steps
};

}  // namespace weft::kernel
