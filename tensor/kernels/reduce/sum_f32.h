// Sums of float32: a tree of vectors in float32, whose results are added in double precision. The error is within 2 ulp
// of the sum of the magnitudes at any length.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// Sums of f(x), by f.
struct SumLoops {
  /// The sum over n consecutive elements.
  double (*run)(const float* x, int64_t n);
  /// acc[c] += the sum of column c of `cols` <= kSumColumns adjacent columns, whose rows start `stride` apart.
  void (*columns)(const float* x, int64_t rows, int64_t stride, int64_t cols, double* acc);
};
inline constexpr int64_t kSumColumns = 512;

const SumLoops& sum_loops_f32();
const SumLoops& square_sum_loops_f32();
const SumLoops& absolute_sum_loops_f32();

}  // namespace weft::kernel
