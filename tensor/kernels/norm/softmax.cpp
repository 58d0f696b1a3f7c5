// Softmax kernels: float32 vectorised along rows (the last dimension) or across columns (any other), float64 plain.
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/norm/softmax.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <limits>

#include "weft/tensor/kernels/norm/softmax.h"
#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {

/// One row of n elements; with `log` its logarithm.
void softmax_row(const float* x, float* y, int64_t n, bool log) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  Vec max = all(kLowest);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR { max = hn::Max(max, or_else(load(x + i, part), part, kLowest)); });
  max = hn::MaxOfLanes(kLanes, max);
  if (log) {
    const float sum = sum_over(
        n, [=](int64_t i, auto part) HWY_ATTR { return or_else(exp_of(hn::Sub(load(x + i, part), max)), part, 0); });
    const Vec log_sum = all(std::log(sum));
    each_vector(n, [&](int64_t i, auto part)
                       HWY_ATTR { store(hn::Sub(hn::Sub(load(x + i, part), max), log_sum), y + i, part); });
    return;
  }
  const float sum = sum_over(n, [=](int64_t i, auto part) HWY_ATTR {
    const Vec e = or_else(exp_of(hn::Sub(load(x + i, part), max)), part, 0);
    store(e, y + i, part);
    return e;
  });
  const Vec scale = all(1 / sum);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR { store(hn::Mul(load(y + i, part), scale), y + i, part); });
}

/// Rows of a column summed in float32 before they are added to a sum in double precision.
constexpr int64_t kRowBlock = 64;

/// Sum over f(i) of the rows i of one vector of columns.
template <class F>
HWY_INLINE Vec sum_rows(int64_t n, const F& f) {
  if (n <= kRowBlock) {
    Vec sum = hn::Zero(kLanes);
    for (int64_t i = 0; i < n; ++i) sum = hn::Add(sum, f(i));
    return sum;
  }
  WideSum wide;
  for (int64_t i = 0; i < n;) {
    Vec sum = hn::Zero(kLanes);
    for (const int64_t end = std::min(n, i + kRowBlock); i < end; ++i) sum = hn::Add(sum, f(i));
    wide.add(sum);
  }
  return wide.narrow();
}

/// The same for `width` adjacent columns; elements of a column are `stride` apart.
void softmax_columns(const float* x, float* y, int64_t n, int64_t stride, int64_t width, bool log) {
  each_vector(width, [&](int64_t column, auto part) HWY_ATTR {
    const float* in = x + column;
    float* out = y + column;
    Vec max = load(in, part);
    for (int64_t i = 1; i < n; ++i) max = hn::Max(max, load(in + i * stride, part));
    const Vec sum = sum_rows(n, [&](int64_t i) HWY_ATTR {
      const Vec shifted = hn::Sub(load(in + i * stride, part), max);
      const Vec e = exp_of(shifted);
      store(log ? shifted : e, out + i * stride, part);
      return e;
    });
    const Vec last = log ? log_of(sum) : hn::Div(all(1), sum);
    for (int64_t i = 0; i < n; ++i) {
      const Vec v = load(out + i * stride, part);
      store(log ? hn::Sub(v, last) : hn::Mul(v, last), out + i * stride, part);
    }
  });
}

void softmax_grad_row(const float* g, const float* y, float* out, int64_t n, bool log) {
  if (log) {
    const Vec sum =
        all(sum_over(n, [=](int64_t i, auto part) HWY_ATTR { return or_else(load(g + i, part), part, 0); }));
    each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
      store(hn::NegMulAdd(exp_of(load(y + i, part)), sum, load(g + i, part)), out + i, part);
    });
    return;
  }
  const Vec dot = all(sum_over(n, [=](int64_t i, auto part) HWY_ATTR {
    return or_else(hn::Mul(load(g + i, part), load(y + i, part)), part, 0);
  }));
  each_vector(n, [&](int64_t i, auto part)
                     HWY_ATTR { store(hn::Mul(load(y + i, part), hn::Sub(load(g + i, part), dot)), out + i, part); });
}

void softmax_grad_columns(const float* g, const float* y, float* out, int64_t n, int64_t stride, int64_t width,
                          bool log) {
  each_vector(width, [&](int64_t c, auto part) HWY_ATTR {
    const Vec sum = sum_rows(n, [&](int64_t i) HWY_ATTR {
      const Vec gi = load(g + c + i * stride, part);
      return log ? gi : hn::Mul(gi, load(y + c + i * stride, part));
    });
    for (int64_t i = 0; i < n; ++i) {
      const Vec gi = load(g + c + i * stride, part), yi = load(y + c + i * stride, part);
      store(log ? hn::NegMulAdd(exp_of(yi), sum, gi) : hn::Mul(yi, hn::Sub(gi, sum)), out + c + i * stride, part);
    }
  });
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/walk/dim_lines.h"

namespace weft::kernel {
namespace {

HWY_EXPORT(softmax_row);
HWY_EXPORT(softmax_columns);
HWY_EXPORT(softmax_grad_row);
HWY_EXPORT(softmax_grad_columns);

constexpr double kCost = 1.2;  // ns per element, most of it exp

/// Calls row(offset) for each row if rows are consecutive in memory, else columns(offset, width) for blocks of columns.
template <class Row, class Columns>
void for_lines(const Lines& l, const Row& row, const Columns& columns) {
  if (l.inner == 1)
    parallel_for(l.outer, kCost * static_cast<double>(l.n) + 10, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) row(r * l.n);
    });
  else
    l.each_tile(kCost, [&](int64_t o, int64_t first, int64_t width) { columns(o * l.n * l.inner + first, width); });
}

/// The plain reference, one line of n elements `stride` apart.
void softmax_line(const double* x, double* y, int64_t n, int64_t stride, bool log) {
  double max = x[0], sum = 0;
  for (int64_t i = 1; i < n; ++i) max = std::max(max, x[i * stride]);
  for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i * stride] - max);
  for (int64_t i = 0; i < n; ++i) {
    const double shifted = x[i * stride] - max;
    y[i * stride] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

void softmax_grad_line(const double* g, const double* y, double* out, int64_t n, int64_t stride, bool log) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += log ? g[i * stride] : g[i * stride] * y[i * stride];
  for (int64_t i = 0; i < n; ++i) {
    const double gi = g[i * stride], yi = y[i * stride];
    out[i * stride] = log ? gi - std::exp(yi) * sum : yi * (gi - sum);
  }
}

Tensor forward(const char* op, const Tensor& input, int64_t dim, bool log) {
  if (goes_wide(input.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& input) { return forward(op, input, dim, log); }, input);
  require_floating_point(op, input.dtype());
  const Tensor x = kernel::contiguous(input);
  Tensor out = empty(x.sizes(), x.dtype());
  if (x.numel() == 0) return out;
  const Lines l(x.sizes(), dim);
  if (x.dtype() == kFloat32) {
    const float* in = x.data_ptr<float>();
    float* y = out.data_ptr<float>();
    for_lines(
        l,
        [&](int64_t at) {
          HWY_DYNAMIC_DISPATCH(softmax_row)
          (in + at, y + at, l.n, log);
        },
        [&](int64_t at, int64_t width) {
          HWY_DYNAMIC_DISPATCH(softmax_columns)(in + at, y + at, l.n, l.inner, width, log);
        });
  } else {
    const double* in = x.data_ptr<double>();
    double* y = out.data_ptr<double>();
    for_lines(
        l, [&](int64_t at) { softmax_line(in + at, y + at, l.n, 1, log); },
        [&](int64_t at, int64_t width) {
          for (int64_t i = at; i < at + width; ++i) softmax_line(in + i, y + i, l.n, l.inner, log);
        });
  }
  return out;
}

Tensor backward(const Tensor& grad, const Tensor& result, int64_t dim, bool log) {
  if (goes_wide(grad.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& grad, const Tensor& result) { return backward(grad, result, dim, log); }, grad,
                   result);
  const Tensor g = kernel::contiguous(grad), y = kernel::contiguous(result);
  Tensor out = empty(y.sizes(), y.dtype());
  if (y.numel() == 0) return out;
  const Lines l(y.sizes(), dim);
  if (y.dtype() == kFloat32) {
    const float *pg = g.data_ptr<float>(), *py = y.data_ptr<float>();
    float* po = out.data_ptr<float>();
    for_lines(
        l,
        [&](int64_t at) {
          HWY_DYNAMIC_DISPATCH(softmax_grad_row)
          (pg + at, py + at, po + at, l.n, log);
        },
        [&](int64_t at, int64_t width) {
          HWY_DYNAMIC_DISPATCH(softmax_grad_columns)(pg + at, py + at, po + at, l.n, l.inner, width, log);
        });
  } else {
    const double *pg = g.data_ptr<double>(), *py = y.data_ptr<double>();
    double* po = out.data_ptr<double>();
    for_lines(
        l, [&](int64_t at) { softmax_grad_line(pg + at, py + at, po + at, l.n, 1, log); },
        [&](int64_t at, int64_t width) {
          for (int64_t i = at; i < at + width; ++i) softmax_grad_line(pg + i, py + i, po + i, l.n, l.inner, log);
        });
  }
  return out;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t dim) { return forward("softmax", x, dim, false); }
Tensor log_softmax(const Tensor& x, int64_t dim) { return forward("log_softmax", x, dim, true); }
Tensor softmax_grad(const Tensor& g, const Tensor& y, int64_t dim) { return backward(g, y, dim, false); }
Tensor log_softmax_grad(const Tensor& g, const Tensor& y, int64_t dim) { return backward(g, y, dim, true); }

}  // namespace weft::kernel
#endif
