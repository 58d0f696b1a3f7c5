// Layer norm: normalises each row of n consecutive elements on its own; vectorised for float32, plain for float64.
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/norm/layer_norm.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "weft/tensor/kernels/norm/moments-inl.h"
#include "weft/tensor/kernels/norm/norm.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

template <class P>
HWY_INLINE Vec load_or(const float* p, int64_t i, P part, float other) {
  return p ? load(p + i, part) : all(other);
}

// A mean as a float32 and the remainder, which matters if the mean is large against the deviations.
struct Mean {
  explicit Mean(double mean)
      : near(static_cast<float>(mean)), rest(std::isfinite(mean) ? static_cast<float>(mean - near) : 0) {}
  float near, rest;
};

void layer_row(const float* x, float* y, int64_t n, const float* w, const float* b, double eps, double* mean,
               double* rstd) {
  const RowMoments moments = moments_of(x, n);
  *mean = moments.mean;
  *rstd = 1 / std::sqrt(moments.m2 * (1 / static_cast<double>(n)) + eps);
  const Mean m(*mean);
  const auto scale = static_cast<float>(*rstd);
  const Vec near = all(m.near), s = all(scale), rest = all(m.rest * scale);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec hat = hn::MulSub(hn::Sub(load(x + i, part), near), s, rest);
    store(hn::MulAdd(hat, load_or(w, i, part, 1), load_or(b, i, part, 0)), y + i, part);
  });
}

// dx = rstd (a - mean(a) - xhat mean(a xhat)), a = g w
void layer_grad_row(const float* g, const float* x, float* out, int64_t n, const float* w, double mean, double rstd) {
  const Mean m(mean);
  const Vec near = all(m.near), s = all(static_cast<float>(rstd));
  const SumPair sums = sum_pair_over(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec a = or_else(hn::Mul(load(g + i, part), load_or(w, i, part, 1)), part, 0);
    return VecPair{a, hn::Mul(a, or_else(hn::Sub(load(x + i, part), near), part, 0))};
  });
  const auto size = static_cast<double>(n);
  const double slope = (sums.second - m.rest * sums.first) * rstd * rstd / size;
  const Vec c1 = all(static_cast<float>(sums.first / size - m.rest * slope)), c2 = all(static_cast<float>(slope));
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec a = hn::Mul(load(g + i, part), load_or(w, i, part, 1));
    const Vec d = hn::Sub(load(x + i, part), near);
    store(hn::Mul(s, hn::NegMulAdd(d, c2, hn::Sub(a, c1))), out + i, part);
  });
}

// dw += g xhat, db += g
void layer_params_row(const float* g, const float* x, int64_t n, double mean, double rstd, float* dw, float* db) {
  const Mean m(mean);
  const auto scale = static_cast<float>(rstd);
  const Vec near = all(m.near), s = all(scale), rest = all(m.rest * scale);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec gi = load(g + i, part), hat = hn::MulSub(hn::Sub(load(x + i, part), near), s, rest);
    store(hn::MulAdd(gi, hat, load(dw + i, part)), dw + i, part);
    store(hn::Add(gi, load(db + i, part)), db + i, part);
  });
}

}  // namespace

LayerLoops<float> make_layer_loops() { return {layer_row, layer_grad_row, layer_params_row}; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

HWY_EXPORT(make_layer_loops);

constexpr double kCost = 0.5;  // ns per element

void plain_row(const double* x, double* y, int64_t n, const double* w, const double* b, double eps, double* mean,
               double* rstd) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  const double m = sum / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) squares += (x[i] - m) * (x[i] - m);
  const double s = 1 / std::sqrt(squares / static_cast<double>(n) + eps);
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - m) * s * (w ? w[i] : 1) + (b ? b[i] : 0);
  *mean = m;
  *rstd = s;
}

void plain_grad_row(const double* g, const double* x, double* out, int64_t n, const double* w, double mean,
                    double rstd) {
  double sum_a = 0, sum_ax = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double a = g[i] * (w ? w[i] : 1);
    sum_a += a;
    sum_ax += a * (x[i] - mean) * rstd;
  }
  const auto size = static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i)
    out[i] = rstd * (g[i] * (w ? w[i] : 1) - sum_a / size - (x[i] - mean) * rstd * sum_ax / size);
}

void plain_params_row(const double* g, const double* x, int64_t n, double mean, double rstd, double* dw, double* db) {
  for (int64_t i = 0; i < n; ++i) dw[i] += g[i] * (x[i] - mean) * rstd, db[i] += g[i];
}

template <class T>
const LayerLoops<T>& layer_loops() {
  static const LayerLoops<T> loops = [] {
    if constexpr (std::is_same_v<T, float>)
      return HWY_DYNAMIC_DISPATCH(make_layer_loops)();
    else
      return LayerLoops<T>{plain_row, plain_grad_row, plain_params_row};
  }();
  return loops;
}

template <class T>
const T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}

constexpr int64_t kParamRows = 32;

/// to[0..n) = the sums of g xhat, to[n..2n) those of g over the rows [begin, end): kParamRows of them at a time in T,
/// the totals in double precision.
template <class T>
void sum_params_of(const T* g, const T* x, int64_t begin, int64_t end, int64_t n, const double* mean,
                   const double* rstd, T* to) {
  const auto& loops = layer_loops<T>();
  const auto add = [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) loops.params(g + r * n, x + r * n, n, mean[r], rstd[r], to, to + n);
  };
  std::fill(to, to + 2 * n, T(0));
  if (end - begin <= kParamRows) return add(begin, end);
  std::vector<double> sums(2 * n);
  for (int64_t first = begin; first < end; first += kParamRows) {
    add(first, std::min(end, first + kParamRows));
    for (int64_t j = 0; j < 2 * n; ++j) sums[j] += to[j], to[j] = 0;
  }
  std::copy(sums.begin(), sums.end(), to);
}

/// Sums of g xhat and g over all rows, by pieces of rows that are added in a binary tree.
template <class T>
void sum_params(const T* g, const T* x, int64_t count, int64_t n, const double* mean, const double* rstd, T* dw,
                T* db) {
  const Pieces p = pieces_of(count, kCost * static_cast<double>(n));
  std::vector<T> partial(std::max<int64_t>(1, p.count) * 2 * n);
  parallel_pieces(p.count, kCost * static_cast<double>(n * p.piece), [&](int64_t i) {
    sum_params_of(g, x, i * p.piece, std::min(count, (i + 1) * p.piece), n, mean, rstd, partial.data() + i * 2 * n);
  });
  for (int64_t apart = 1; apart < p.count; apart *= 2)
    for (int64_t i = 0; i + apart < p.count; i += 2 * apart) {
      T *to = partial.data() + i * 2 * n, *from = to + apart * 2 * n;
      for (int64_t j = 0; j < 2 * n; ++j) to[j] += from[j];
    }
  std::copy_n(partial.data(), n, dw);
  std::copy_n(partial.data() + n, n, db);
}

}  // namespace

Tensor layer_norm(const Tensor& x, int64_t n, const Tensor& weight, const Tensor& bias, double eps, Tensor& mean,
                  Tensor& rstd) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& weight,
                       const Tensor& bias) { return kernel::layer_norm(x, n, weight, bias, eps, mean, rstd); },
                   x, weight, bias);
  const int64_t count = n ? x.numel() / n : 0;
  Tensor out = empty(x.sizes(), x.dtype());
  mean = empty({count}, kFloat64);
  rstd = empty({count}, kFloat64);
  dispatch_float("layer_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *px = x.data_ptr<T>(), *w = data_or_null<T>(weight), *b = data_or_null<T>(bias);
    T* y = out.data_ptr<T>();
    auto *m = mean.data_ptr<double>(), *s = rstd.data_ptr<double>();
    const auto& loops = layer_loops<T>();
    parallel_for(count, kCost * static_cast<double>(n) + 10, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) loops.forward(px + r * n, y + r * n, n, w, b, eps, m + r, s + r);
    });
  });
  return out;
}

NormGrads layer_norm_grad(const Tensor& grad, const Tensor& x, int64_t n, const Tensor& weight, const Tensor& mean,
                          const Tensor& rstd, bool need_x, bool need_params) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return narrowed(
        kernel::layer_norm_grad(widened(grad), widened(x), n, widened(weight), mean, rstd, need_x, need_params), x,
        weight);
  const Tensor g = kernel::contiguous(grad);
  const int64_t count = mean.numel();
  NormGrads result;
  dispatch_float("layer_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *pg = g.data_ptr<T>(), *px = x.data_ptr<T>(), *w = data_or_null<T>(weight);
    const auto *m = mean.data_ptr<double>(), *s = rstd.data_ptr<double>();
    const auto& loops = layer_loops<T>();
    if (need_x) {
      result.x = empty(x.sizes(), x.dtype());
      T* out = result.x.data_ptr<T>();
      parallel_for(count, kCost * static_cast<double>(n) + 10, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) loops.grad(pg + r * n, px + r * n, out + r * n, n, w, m[r], s[r]);
      });
    }
    if (!need_params) return;
    result.weight = empty({n}, x.dtype());
    result.bias = empty({n}, x.dtype());
    sum_params(pg, px, count, n, m, s, result.weight.data_ptr<T>(), result.bias.data_ptr<T>());
  });
  return result;
}

}  // namespace weft::kernel
#endif
