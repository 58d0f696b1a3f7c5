// The product of one row with a matrix: what a layer does to a single sample.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// y[j] = alpha w_j . x + beta y[j] for the n rows w_j of a matrix, `ld` apart, and x of k numbers. y is not read where
/// beta is 0. Reads w at the rate of the cache.
void gemv_f32(int64_t n, int64_t k, float alpha, const float* w, int64_t ld, const float* x, float beta, float* y);

}  // namespace weft::kernel
