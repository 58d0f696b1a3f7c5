// Matrix products of every dtype but bool: float32 on oneDNN's sgemm, the others plainly.
#pragma once

#include "weft/tensor/kernels/elementwise_loops.h"

namespace weft::kernel {

/// A matrix in memory, any strides (elements).
template <class T>
struct Matrix {
  const T* data;
  int64_t row, column;
};

/// What is done to each row of a product while it is in the cache, in this order. All may be null.
template <class T>
struct RowEnd {
  const T* bias = nullptr;   ///< [n], added
  UnaryLoop act = nullptr;   ///< a function of each element
  const T* slope = nullptr;  ///< [n], or one number: prelu
  bool one_slope = false;
  bool empty() const { return !bias && !act && !slope; }
  /// Columns from `first` on of some row.
  void operator()(T* row, int64_t first, int64_t n) const;
};

/// C = alpha A B + beta C, and `end` on every row: A [m, k], B [k, n], C [m, n] row-major with rows ldc apart. With
/// beta 0, C is not read. In parallel; the same bits for any number of threads.
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b, T beta, T* c, int64_t ldc,
          const RowEnd<T>& end = {});

/// What follows a product: a bias [n] added to each row, then a function, then prelu with a slope [n] or [1].
struct AfterProduct {
  Tensor bias = {};
  std::optional<Unary> act = {};
  Tensor slope = {};
};

/// a [m, k] times b [k, n], or a batch of such: [batch, m, k] times [batch, k, n]. Any strides. The callers check
/// sizes; dtypes must agree (DtypeError).
Tensor matmul(const char* op, const Tensor& a, const Tensor& b, const AfterProduct& after = {});

/// out += alpha * a b in place for matrices; out contiguous.
void add_product(const char* op, const Tensor& out, const Tensor& a, const Tensor& b, const Scalar& beta,
                 const Scalar& alpha);

}  // namespace weft::kernel
