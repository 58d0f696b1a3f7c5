#include "weft/tensor/kernels/matmul/gemm.h"

#include <algorithm>
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/matmul/gemv_f32.h"
#include "weft/tensor/onednn/onednn.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr double kFlopsPerNs = 100;  // of one core in float32, approximately
constexpr double kBytesPerNs = 60;   // read by one core from its cache in a product of one row
constexpr double kTileFlops = 4e6;   // the smallest tile worth a task
constexpr int64_t kMaxTiles = 64;
constexpr int64_t kTallTile = 1024;
constexpr int64_t kTileColumns = 128;  // narrower panels lose up to a quarter of the rate with AVX-512
constexpr int64_t kWantedTiles = 16;   // enough for a machine of many cores

// Products with too few tiles are split further, down to these sizes: two threads still gain then.
constexpr double kSmallTileFlops = 1.5e6;
constexpr double kSmallTileBytes = 384 << 10;  // of B, the limit of a product of few rows
constexpr int64_t kSmallTiles = 4;
// Bytes of B that one core reads before another starts: of two tiles of one row, the caller's is larger by this.
constexpr double kHeadStartBytes = 96 << 10;

double flops(int64_t m, int64_t n, int64_t k) {
  return 2 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

// The partition of a product, determined by its sizes alone: into columns first (a panel of B is then packed once),
// into rows if that gives too few tiles, and over the summed dimension if the result is small.
struct Tiling {
  Tiling(int64_t m, int64_t n, int64_t k) {
    const auto worth = std::clamp<int64_t>(static_cast<int64_t>(flops(m, n, k) / kTileFlops), 1, kMaxTiles);
    columns = std::clamp<int64_t>((n + kTileColumns / 2) / kTileColumns, 1, worth);
    if (columns % 2 == 1 && columns > 1 && columns < 8 && columns < worth) ++columns;  // balances two cores
    if (columns < kWantedTiles)
      rows = std::clamp<int64_t>(std::min(worth / columns, kWantedTiles / columns), 1, std::max<int64_t>(1, m / 64));
    // Tall tiles exceed the cache.
    rows = std::max(rows, std::min(kMaxTiles / columns, m / kTallTile));
    if (rows * columns < 4)
      sums =
          std::clamp<int64_t>(std::min(worth / (rows * columns), k / 512), 1, std::min<int64_t>(16, kSums / (m * n)));
    if (rows * columns * sums == 1) cut_finer(m, n, k);
  }
  void cut_finer(int64_t m, int64_t n, int64_t k) {
    const double worth = std::max(flops(m, n, k) / kSmallTileFlops, static_cast<double>(n * k * 4) / kSmallTileBytes);
    const auto tiles = static_cast<int64_t>(std::min<double>(kSmallTiles, worth)) / 2 * 2;  // balances two cores
    if (tiles < 2) return;
    columns = std::min(tiles, std::max<int64_t>(1, (n + 16) / 32));
    if (columns == 1) rows = std::min(tiles, std::max<int64_t>(1, (m + 16) / 32));
    if (m == 1 && columns == 2) head_start = static_cast<int64_t>(kHeadStartBytes / 2 / static_cast<double>(k * 4));
  }
  static constexpr int64_t kSums = 1 << 22;  // maximum number of floats of partial sums
  int64_t rows = 1, columns = 1, sums = 1;
  int64_t head_start = 0;  // columns by which the first boundary is moved
};

// Part i of `count` of [0, size), split at multiples of 16; `moved` maps the inner boundaries.
struct Span {
  Span(int64_t i, int64_t count, int64_t size, int64_t moved = 0) {
    const auto border = [=](int64_t j) {
      const int64_t even = j * ((size + 15) / 16) / count * 16;
      return std::min(size, 0 < j && j < count ? even + (moved + 8) / 16 * 16 : even);
    };
    begin = border(i);
    end = border(i + 1);
  }
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

// A matrix in sgemm's form: rows (or, transposed, columns) consecutive, `ld` apart.
struct Operand {
  const float* data;
  int64_t ld;
  bool transposed;
  const float* at(int64_t row, int64_t column) const {
    return data + (transposed ? column * ld + row : row * ld + column);
  }
};

template <class T>
Ref<Buffer> copy_matrix(const Matrix<T>& x, int64_t rows, int64_t columns) {
  auto memory = make_ref<Buffer>(std::max<int64_t>(1, rows * columns) * static_cast<int64_t>(sizeof(T)));
  T* to = static_cast<T*>(memory->data());
  parallel_for(rows, static_cast<double>(columns), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < columns; ++j) to[i * columns + j] = x.data[i * x.row + j * x.column];
  });
  return memory;
}

Operand operand(const Matrix<float>& x, int64_t rows, int64_t columns, Ref<Buffer>& memory) {
  if ((x.column == 1 || columns == 1) && (x.row >= columns || rows == 1))
    return {x.data, rows == 1 ? columns : x.row, false};
  if ((x.row == 1 || rows == 1) && (x.column >= rows || columns == 1))
    return {x.data, columns == 1 ? rows : x.column, true};
  memory = copy_matrix(x, rows, columns);
  return {static_cast<const float*>(memory->data()), columns, false};
}

// sgemm reads a panel with rows a multiple of 2048 bytes apart at half its rate or less, because the rows map to the
// same cache lines: such a panel is first copied to another distance if the copy is used often enough. For A only the
// transposed order is affected.
constexpr int64_t kAliasing = 512;
constexpr int64_t kWorthPacking = 48;

Operand pack(const Operand& x, int64_t row, int64_t column, int64_t rows, int64_t columns, Ref<Buffer>& memory) {
  const int64_t lines = x.transposed ? columns : rows, length = x.transposed ? rows : columns;
  const int64_t ld = (length + 15) / 16 * 16 + (length % kAliasing ? 0 : 16);
  memory = make_ref<Buffer>(lines * ld * 4);
  auto* to = static_cast<float*>(memory->data());
  const float* from = x.at(row, column);
  for (int64_t i = 0; i < lines; ++i)
    std::memcpy(to + i * ld, from + i * x.ld, static_cast<size_t>(length) * sizeof(float));
  return {to, ld, x.transposed};
}

void sgemm_tile(int64_t m, int64_t n, int64_t k, float alpha, Operand a, Operand b, float beta, float* c, int64_t ldc,
                const float* bias) {
  if (m == 1 && b.transposed && !a.transposed)
    gemv_f32(n, k, alpha, b.data, b.ld, a.data, beta, c);
  else
    onednn::sgemm(a.transposed, b.transposed, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c, ldc);
  if (!bias) return;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] += bias[j];
}

// One tile of the result over [k.begin, k.end).
void tile(const Operand& a, const Operand& b, Span m, Span n, Span k, float alpha, float beta, float* c, int64_t ldc,
          const float* bias) {
  Ref<Buffer> packed_a, packed_b;
  Operand x{a.at(m.begin, k.begin), a.ld, a.transposed}, y{b.at(k.begin, n.begin), b.ld, b.transposed};
  if (a.transposed && a.ld % kAliasing == 0 && n.size() >= kWorthPacking)
    x = pack(a, m.begin, k.begin, m.size(), k.size(), packed_a);
  if (b.ld % kAliasing == 0 && m.size() >= kWorthPacking) y = pack(b, k.begin, n.begin, k.size(), n.size(), packed_b);
  sgemm_tile(m.size(), n.size(), k.size(), alpha, x, y, beta, c, ldc, bias);
}

void sgemm(int64_t m, int64_t n, int64_t k, float alpha, const Operand& a, const Operand& b, float beta, float* c,
           int64_t ldc, const float* bias) {
  const Tiling t(m, n, k);
  const int64_t count = t.rows * t.columns;
  if (count * t.sums == 1) {
    FlushDenormals flush;
    return tile(a, b, {0, 1, m}, {0, 1, n}, {0, 1, k}, alpha, beta, c, ldc, bias);
  }
  const double cost = std::max(flops(m, n, k) / kFlopsPerNs, static_cast<double>(n * k * 4) / kBytesPerNs) /
                      static_cast<double>(count * t.sums);
  if (t.sums == 1)
    return parallel_pieces(count, cost, [&](int64_t i) {
      const Span rows(i / t.columns, t.rows, m), columns(i % t.columns, t.columns, n, t.head_start);
      tile(a, b, rows, columns, {0, 1, k}, alpha, beta, c + rows.begin * ldc + columns.begin, ldc,
           bias ? bias + columns.begin : nullptr);
    });
  // Partial sums are stored one after another, each [m, n], and added in order.
  const auto memory = make_ref<Buffer>(t.sums * m * n * 4);
  auto* part = static_cast<float*>(memory->data());
  parallel_pieces(count * t.sums, cost, [&](int64_t i) {
    const Span rows(i % count / t.columns, t.rows, m), columns(i % t.columns, t.columns, n);
    tile(a, b, rows, columns, {i / count, t.sums, k}, alpha, 0,
         part + i / count * m * n + rows.begin * n + columns.begin, n, nullptr);
  });
  parallel_for(m, static_cast<double>(n * t.sums) * 0.2, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < n; ++j) {
        float sum = part[i * n + j];
        for (int64_t s = 1; s < t.sums; ++s) sum += part[(s * m + i) * n + j];
        if (beta != 0) sum += beta * c[i * ldc + j];
        c[i * ldc + j] = bias ? sum + bias[j] : sum;
      }
  });
}

// The plain product, in blocks: rows of B stay in the cache while a few rows of C accumulate them.
template <class T>
void plain_gemm(int64_t m, int64_t n, int64_t k, T alpha, const Matrix<T>& a, const Matrix<T>& b, T beta, T* c,
                int64_t ldc, const T* bias) {
  constexpr int64_t kRows = 8, kColumns = 256, kDepth = 64;
  const int64_t across = (n + kColumns - 1) / kColumns, down = (m + kRows - 1) / kRows;
  const double cost = 0.5 * static_cast<double>(std::min(m, kRows) * std::min(n, kColumns) * std::max<int64_t>(1, k));
  parallel_for(across * down, cost, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t i0 = block / across * kRows, j0 = block % across * kColumns;
      const int64_t i1 = std::min(m, i0 + kRows), width = std::min(n, j0 + kColumns) - j0;
      for (int64_t i = i0; i < i1; ++i) {
        T* to = c + i * ldc + j0;
        for (int64_t j = 0; j < width; ++j)
          to[j] = wrap_add(beta == T(0) ? T(0) : wrap_mul(beta, to[j]), bias ? bias[j0 + j] : T(0));
      }
      for (int64_t p0 = 0; p0 < k; p0 += kDepth)
        for (int64_t i = i0; i < i1; ++i)
          for (int64_t p = p0; p < std::min(k, p0 + kDepth); ++p) {
            const T factor = wrap_mul(alpha, a.data[i * a.row + p * a.column]);
            const T* from = b.data + p * b.row + j0;
            T* to = c + i * ldc + j0;
            for (int64_t j = 0; j < width; ++j) to[j] = wrap_add(to[j], wrap_mul(factor, from[j]));
          }
    }
  });
}

// Small matrices are not worth a task each: parallel_for decides how many of a batch one task takes.
template <class T>
void batch_gemm(int64_t batch, int64_t m, int64_t n, int64_t k, Matrix<T> a, int64_t a_step, Matrix<T> b,
                int64_t b_step, T* c, const T* bias) {
  const double rate = std::is_same_v<T, float> ? kFlopsPerNs : 4;
  parallel_for(batch, flops(m, n, k) / rate + 100, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      gemm<T>(m, n, k, T(1), {a.data + i * a_step, a.row, a.column}, {b.data + i * b_step, b.row, b.column}, T(0),
              c + i * m * n, n, bias);
  });
}

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  check<DtypeError>(a.dtype() == b.dtype(), "[{}] operands are {} and {}", op, a.dtype(), b.dtype());
  check<DtypeError>(a.dtype() != kBool, "[{}] of bool tensors is not defined", op);
}

template <class T>
Matrix<T> matrix_of(const Tensor& x) {
  return {x.data_ptr<T>(), x.stride(-2), x.stride(-1)};
}

}  // namespace

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b, T beta, T* c, int64_t ldc,
          const T* bias) {
  if (m == 0 || n == 0) return;
  Ref<Buffer> copy_a, copy_b;
  if constexpr (std::is_same_v<T, float>) {
    const onednn::Permit permit;
    if (k > 0 && permit)
      return sgemm(m, n, k, alpha, operand(a, m, k, copy_a), operand(b, k, n, copy_b), beta, c, ldc, bias);
  }
  if (b.column != 1 && n > 1) {
    copy_b = copy_matrix(b, k, n);
    b = {static_cast<const T*>(copy_b->data()), n, 1};
  }
  plain_gemm(m, n, k, alpha, a, b, beta, c, ldc, bias);
}

#define WEFT_INSTANTIATE(T) \
  template void gemm<T>(int64_t, int64_t, int64_t, T, Matrix<T>, Matrix<T>, T, T*, int64_t, const T*);
WEFT_INSTANTIATE(float)
WEFT_INSTANTIATE(double)
WEFT_INSTANTIATE(int64_t)
WEFT_INSTANTIATE(int32_t)
WEFT_INSTANTIATE(uint8_t)
#undef WEFT_INSTANTIATE

Tensor matmul(const char* op, const Tensor& a, const Tensor& b, const Tensor& bias) {
  check_dtypes(op, a, b);
  if (bias.defined()) check_dtypes(op, a, bias);
  if (!has_kernels(a.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& a, const Tensor& b, const Tensor& bias) { return kernel::matmul(op, a, b, bias); },
                   a, b, bias);
  const int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  const bool batched = a.dim() == 3;
  const Tensor out = empty(batched ? Dims{a.size(0), m, n} : Dims{m, n}, a.dtype());
  const Tensor row = bias.defined() ? kernel::contiguous(bias) : bias;
  dispatch<KernelNumbers>(op, a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* add = row.defined() ? row.data_ptr<T>() : nullptr;
    const auto x = matrix_of<T>(a), y = matrix_of<T>(b);
    if (batched)
      batch_gemm<T>(a.size(0), m, n, k, x, a.stride(0), y, b.stride(0), out.data_ptr<T>(), add);
    else
      gemm<T>(m, n, k, T(1), x, y, T(0), out.data_ptr<T>(), n, add);
  });
  return out;
}

void add_product(const char* op, const Tensor& out, const Tensor& a, const Tensor& b, const Scalar& beta,
                 const Scalar& alpha) {
  check_dtypes(op, a, b);
  check_dtypes(op, a, out);
  if (!has_kernels(out.dtype())) [[unlikely]]
    return change_in_wide(
        [&](const Tensor& out, const Tensor& a, const Tensor& b) { add_product(op, out, a, b, beta, alpha); }, out, a,
        b);
  dispatch<KernelNumbers>(op, out.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    gemm<T>(out.size(0), out.size(1), a.size(1), alpha.to<T>(), matrix_of<T>(a), matrix_of<T>(b), beta.to<T>(),
            out.data_ptr<T>(), out.size(1));
  });
}

}  // namespace weft::kernel
