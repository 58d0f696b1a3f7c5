// The plain loops of pooling: for planes, for float64, and as the reference of tests for the vectorised ones.
#include <cmath>
#include <limits>

#include "weft/tensor/kernels/conv/pool.h"

namespace weft::kernel {
namespace {

// Calls body(position in the plane) for each position of window (i, j).
template <class Body>
void for_each_position(const PoolWindows& w, int64_t i, int64_t j, Body&& body) {
  const auto row = static_cast<size_t>(i), column = static_cast<size_t>(j);
  for (int64_t a = 0; a < w.h.count[row]; ++a) {
    const int64_t line = (w.h.first[row] + a * w.h.step) * w.w.in + w.w.first[column];
    for (int64_t b = 0; b < w.w.count[column]; ++b) body(line + b * w.w.step);
  }
}

template <class T>
void max_row(const PoolWindows& w, int64_t i, int64_t c, bool relu, const T* x, T* y, int32_t* positions) {
  for (int64_t j = 0; j < w.w.out; ++j)
    for (int64_t k = 0; k < c; ++k) {
      T best = -std::numeric_limits<T>::infinity();
      int64_t where = -1;
      for_each_position(w, i, j, [&](int64_t p) {
        const T v = x[p * c + k];
        if (v > best || std::isnan(v) || where < 0) best = v, where = p;
      });
      if (relu && best <= 0) best = 0, where = -1;
      y[j * c + k] = best;
      if (positions) positions[j * c + k] = static_cast<int32_t>(where);
    }
}

template <class T>
void max_grad_row(const PoolWindows& w, int64_t i, int64_t c, const T* g, const int32_t* positions, T* dx) {
  for (int64_t j = 0; j < w.w.out; ++j)
    for_each_position(w, i, j, [&](int64_t p) {
      for (int64_t k = 0; k < c; ++k) dx[p * c + k] = positions[j * c + k] == p ? g[j * c + k] : T(0);
    });
}

template <class T>
void avg_row(const PoolWindows& w, int64_t i, int64_t c, const T* x, T* y) {
  for (int64_t j = 0; j < w.w.out; ++j) {
    const double scale = w.scale(i, j);
    for (int64_t k = 0; k < c; ++k) {
      double sum = 0;
      for_each_position(w, i, j, [&](int64_t p) { sum += x[p * c + k]; });
      y[j * c + k] = static_cast<T>(sum * scale);
    }
  }
}

template <class T>
void avg_grad_row(const PoolWindows& w, int64_t i, int64_t c, const T* g, T* dx) {
  for (int64_t j = 0; j < w.w.out; ++j) {
    const T scale = static_cast<T>(w.scale(i, j));
    for_each_position(w, i, j, [&](int64_t p) {
      for (int64_t k = 0; k < c; ++k) dx[p * c + k] += g[j * c + k] * scale;
    });
  }
}

}  // namespace

template <class T>
const PoolLoops<T>& plain_pool_loops() {
  static const PoolLoops<T> loops{max_row<T>, max_grad_row<T>, avg_row<T>, avg_grad_row<T>};
  return loops;
}
template const PoolLoops<float>& plain_pool_loops<float>();
template const PoolLoops<double>& plain_pool_loops<double>();

}  // namespace weft::kernel
