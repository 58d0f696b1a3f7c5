// Matrix products of every dtype but bool: float32 by oneDNN's sgemm, the others by plain loops.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// A matrix in memory with any strides (in elements).
template <class T>
struct Matrix {
  const T* data;
  int64_t row, column;
};

/// C = alpha A B + beta C (+ bias on every row): A [m, k], B [k, n], C [m, n] row-major with rows ldc apart. With beta
/// 0, C is not read; bias [n] may be null. Runs in parallel; the bits are the same for any number of threads.
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b, T beta, T* c, int64_t ldc,
          const T* bias = nullptr);

/// a [m, k] times b [k, n], or a batch: [batch, m, k] times [batch, k, n]; bias [n] or undefined is added to each row.
/// Any strides. The callers check sizes; dtypes must agree (DtypeError).
Tensor matmul(const char* op, const Tensor& a, const Tensor& b, const Tensor& bias = {});

/// out += alpha * a b in place for matrices; out contiguous.
void add_product(const char* op, const Tensor& out, const Tensor& a, const Tensor& b, const Scalar& beta,
                 const Scalar& alpha);

}  // namespace weft::kernel
