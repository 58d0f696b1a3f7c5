#include "weft/tensor/kernels/walk/reorder.h"

#include <algorithm>
#include <cstring>

#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

// Four floats, as a vector extension of the compilers: transposing needs shuffles, not a wide instruction set.
typedef float Float4 __attribute__((vector_size(16)));

Float4 load4(const float* p) {
  Float4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
void store4(float* p, Float4 v) { std::memcpy(p, &v, sizeof v); }

inline void transpose_4x4(const float* src, int64_t src_row, float* dst, int64_t dst_row) {
  Float4 a = load4(src), b = load4(src + src_row), c = load4(src + 2 * src_row), d = load4(src + 3 * src_row);
  Float4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  Float4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store4(dst, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
  store4(dst + dst_row, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
  store4(dst + 2 * dst_row, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
  store4(dst + 3 * dst_row, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

template <class T>
void transpose_plain(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t columns) {
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = 0; i < rows; ++i) dst[j * dst_row + i] = src[i * src_row + j];
}

template <class T>
void transpose_any(const T* src, int64_t src_row, T* dst, int64_t dst_row, int64_t rows, int64_t columns) {
  transpose_plain(src, src_row, dst, dst_row, rows, columns);
}
template <>
void transpose_any(const float* src, int64_t src_row, float* dst, int64_t dst_row, int64_t rows, int64_t columns) {
  transpose(src, src_row, dst, dst_row, rows, columns);
}

constexpr int64_t kTile = 32;  // rows and columns of a tile: source and destination fit into the L1 cache

// Transposes `count` consecutive matrices of rows x columns.
template <class T>
void transpose_batch(const void* from, void* to, int64_t count, int64_t rows, int64_t columns) {
  const auto* src = static_cast<const T*>(from);
  auto* dst = static_cast<T*>(to);
  const int64_t bands = (rows + kTile - 1) / kTile;
  const double cost = 0.5 * static_cast<double>(std::min(rows, kTile) * columns);
  parallel_for(count * bands, cost, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      const int64_t base = band / bands * rows * columns, i = band % bands * kTile, n = std::min(kTile, rows - i);
      for (int64_t j = 0; j < columns; j += kTile)
        transpose_any(src + base + i * columns + j, columns, dst + base + j * rows + i, rows, n,
                      std::min(kTile, columns - j));
    }
  });
}

void transpose_items(const void* src, void* dst, int64_t count, int64_t rows, int64_t columns, int64_t item) {
  if (rows == 1 || columns == 1) {  // both orders are the same
    const int64_t bytes = count * rows * columns * item;
    parallel_for(bytes, 0.05, [&](int64_t begin, int64_t end) {
      std::memcpy(static_cast<char*>(dst) + begin, static_cast<const char*>(src) + begin,
                  static_cast<size_t>(end - begin));
    });
  } else if (item == 4) {
    transpose_batch<float>(src, dst, count, rows, columns);
  } else if (item == 8) {
    transpose_batch<uint64_t>(src, dst, count, rows, columns);
  } else if (item == 2) {
    transpose_batch<uint16_t>(src, dst, count, rows, columns);
  } else {
    transpose_batch<uint8_t>(src, dst, count, rows, columns);
  }
}

}  // namespace

void transpose(const float* src, int64_t src_row, float* dst, int64_t dst_row, int64_t rows, int64_t columns) {
  const int64_t whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
  for (int64_t j = 0; j < whole_columns; j += 4)
    for (int64_t i = 0; i < whole_rows; i += 4)
      transpose_4x4(src + i * src_row + j, src_row, dst + j * dst_row + i, dst_row);
  transpose_plain(src + whole_rows * src_row, src_row, dst + whole_rows, dst_row, rows - whole_rows, columns);
  transpose_plain(src + whole_columns, src_row, dst + whole_columns * dst_row, dst_row, whole_rows,
                  columns - whole_columns);
}

void nhwc_to_nchw(const void* src, void* dst, int64_t n, int64_t c, int64_t h, int64_t w, int64_t item) {
  transpose_items(src, dst, n, h * w, c, item);
}

void nchw_to_nhwc(const void* src, void* dst, int64_t n, int64_t c, int64_t h, int64_t w, int64_t item) {
  transpose_items(src, dst, n, c, h * w, item);
}

}  // namespace weft::kernel
