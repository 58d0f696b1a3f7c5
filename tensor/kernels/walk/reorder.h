// Converts image batches from one memory order to the other.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// Copies a channels-last batch [n, h, w, c] to standard order [n, c, h, w]. `item`: bytes of an element, 1, 2, 4 or 8.
/// The memory must not overlap.
void nhwc_to_nchw(const void* src, void* dst, int64_t n, int64_t c, int64_t h, int64_t w, int64_t item);
/// The inverse.
void nchw_to_nhwc(const void* src, void* dst, int64_t n, int64_t c, int64_t h, int64_t w, int64_t item);

/// dst[j * dst_row + i] = src[i * src_row + j] for i < rows, j < columns, on the calling thread.
void transpose(const float* src, int64_t src_row, float* dst, int64_t dst_row, int64_t rows, int64_t columns);

}  // namespace weft::kernel
