// The product of one row with a matrix, as a layer computes for a single sample.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// y[j] = alpha w_j . x + beta y[j] for the n rows w_j of a matrix, `ld` apart, and x of k elements. With beta 0, y is
/// not read. Reads w at the cache's rate.
void gemv_f32(int64_t n, int64_t k, float alpha, const float* w, int64_t ld, const float* x, float beta, float* y);

}  // namespace weft::kernel
