// Fused loss kernels: partition, dtypes and the plain float64 loops.
#include "weft/tensor/kernels/loss/loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/loss/loss_f32.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr double kCost = 0.4, kExpCost = 1.2;  // ns per element

template <class T>
T abs_of(T d) {
  return d < 0 ? -d : d;
}
template <class T>
T sign_of(T d) {
  return static_cast<T>((d > 0) - (d < 0));
}

#define WEFT_DIFFERENCE_LOSS(Name, value_, slope_, curvature_)                            \
  struct Name##Loss {                                                                     \
    using T = double;                                                                     \
    static T value([[maybe_unused]] T d, [[maybe_unused]] T p) { return value_; }         \
    static T slope([[maybe_unused]] T d, [[maybe_unused]] T p) { return slope_; }         \
    static T curvature([[maybe_unused]] T d, [[maybe_unused]] T p) { return curvature_; } \
  };
#include "weft/tensor/kernels/loss/difference_loss.def"

using Curve = double (*)(double d, double p);
struct Plain {
  Curve value, slope, curvature;
};
Plain plain_of(Difference f) {
  switch (f) {
#define WEFT_DIFFERENCE_LOSS(Name, value_, slope_, curvature_) \
  case Difference::Name:                                       \
    return {Name##Loss::value, Name##Loss::slope, Name##Loss::curvature};
#include "weft/tensor/kernels/loss/difference_loss.def"
  }
  return {};
}

double cost_of(const Tensor& x) { return x.dtype() == kFloat32 ? kCost : 3; }

/// scale * g f(x - t) for a derivative f.
Tensor derivative(Difference f, const Tensor& grad, const Tensor& x, const Tensor& t, double p, double scale,
                  bool curvature) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& grad,
                       const Tensor& t) { return derivative(f, grad, x, t, p, scale, curvature); },
                   x, grad, t);
  const Tensor g = kernel::contiguous(grad);
  const int64_t step = g.numel() == 1 ? 0 : 1;
  Tensor out = empty(x.sizes(), x.dtype());
  if (x.dtype() == kFloat32) {
    const LossLoops loops = difference_loops_f32(f);
    const auto loop = curvature ? loops.curvature : loops.slope;
    const float *pg = g.data_ptr<float>(), *px = x.data_ptr<float>(), *pt = t.data_ptr<float>();
    float* to = out.data_ptr<float>();
    parallel_for(x.numel(), kCost, [&](int64_t b, int64_t e) {
      loop(pg + b * step, step, px + b, pt + b, to + b, e - b, static_cast<float>(p), static_cast<float>(scale));
    });
    return out;
  }
  const Curve curve = curvature ? plain_of(f).curvature : plain_of(f).slope;
  const double *pg = g.data_ptr<double>(), *px = x.data_ptr<double>(), *pt = t.data_ptr<double>();
  double* to = out.data_ptr<double>();
  parallel_for(x.numel(), cost_of(x), [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i) to[i] = scale * pg[i * step] * curve(px[i] - pt[i], p);
  });
  return out;
}

void plain_row(const double* x, int64_t n, double* stats) {
  double max = x[0], sum = 0;
  for (int64_t i = 1; i < n; ++i) max = std::max(max, x[i]);
  for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - max);
  stats[0] = max;
  stats[1] = std::log(sum);
}

void plain_grad_row(const double* x, double* out, int64_t n, const double* stats, double g) {
  for (int64_t i = 0; i < n; ++i) out[i] = g * std::exp(x[i] - stats[0] - stats[1]);
}

template <class T>
struct RowLoops {
  void (*row)(const T* x, int64_t n, T* stats);
  void (*grad)(const T* x, T* out, int64_t n, const T* stats, T g);
};
template <class T>
RowLoops<T> row_loops() {
  if constexpr (std::is_same_v<T, float>) {
    static const CrossEntropyLoops loops = cross_entropy_loops_f32();
    return {loops.row, loops.grad};
  } else {
    return {plain_row, plain_grad_row};
  }
}

}  // namespace

Tensor difference_values(Difference f, const Tensor& x, const Tensor& t, double p) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& t) { return kernel::difference_values(f, x, t, p); }, x, t);
  Tensor out = empty(x.sizes(), x.dtype());
  if (x.dtype() == kFloat32) {
    const auto loop = difference_loops_f32(f).values;
    const float *px = x.data_ptr<float>(), *pt = t.data_ptr<float>();
    float* to = out.data_ptr<float>();
    parallel_for(x.numel(), kCost,
                 [&](int64_t b, int64_t e) { loop(px + b, pt + b, to + b, e - b, static_cast<float>(p)); });
    return out;
  }
  const Curve curve = plain_of(f).value;
  const double *px = x.data_ptr<double>(), *pt = t.data_ptr<double>();
  double* to = out.data_ptr<double>();
  parallel_for(x.numel(), cost_of(x), [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i) to[i] = curve(px[i] - pt[i], p);
  });
  return out;
}

Tensor difference_sum(Difference f, const Tensor& x, const Tensor& t, double p, double scale) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& t) { return kernel::difference_sum(f, x, t, p, scale); }, x, t);
  const int64_t n = x.numel();
  const Pieces pieces = pieces_of(n, cost_of(x), 64);
  std::vector<double> partial(pieces.count);
  auto run = [&](const auto& sum) {
    parallel_pieces(pieces.count, cost_of(x) * static_cast<double>(pieces.piece), [&](int64_t i) {
      const int64_t begin = i * pieces.piece;
      partial[i] = sum(begin, std::min(n, begin + pieces.piece));
    });
  };
  if (x.dtype() == kFloat32) {
    const auto loop = difference_loops_f32(f).sum;
    const float *px = x.data_ptr<float>(), *pt = t.data_ptr<float>();
    run([&](int64_t b, int64_t e) { return loop(px + b, pt + b, e - b, static_cast<float>(p)); });
  } else {
    const Curve curve = plain_of(f).value;
    const double *px = x.data_ptr<double>(), *pt = t.data_ptr<double>();
    run([&](int64_t b, int64_t e) {
      double sum = 0;
      for (int64_t i = b; i < e; ++i) sum += curve(px[i] - pt[i], p);
      return sum;
    });
  }
  return scalar_tensor(scale * std::accumulate(partial.begin(), partial.end(), 0.0), x.dtype());
}

Tensor difference_slope(Difference f, const Tensor& g, const Tensor& x, const Tensor& t, double p, double scale) {
  return derivative(f, g, x, t, p, scale, false);
}
Tensor difference_curvature(Difference f, const Tensor& g, const Tensor& x, const Tensor& t, double p, double scale) {
  return derivative(f, g, x, t, p, scale, true);
}

int64_t check_class_ids(const char* op, const Tensor& ids, int64_t classes, int64_t ignore) {
  const auto* id = ids.data_ptr<int64_t>();
  const int64_t rows = ids.dim() ? ids.size(0) : 1, per_row = rows ? ids.numel() / rows : 1;
  int64_t valid = 0;
  for (int64_t i = 0; i < ids.numel(); ++i) {
    if (id[i] == ignore) continue;
    if (id[i] < 0 || id[i] >= classes) [[unlikely]]
      fail<IndexError>("[{}] label {} of row {} is outside the {} classes 0 to {} (target {})", op, id[i], i / per_row,
                       classes, classes - 1, ids.sizes());
    ++valid;
  }
  return valid;
}

Tensor cross_entropy(const Tensor& x, const Tensor& ids, int64_t ignore, Tensor& stats) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::cross_entropy(x, ids, ignore, stats); }, x);
  const int64_t rows = x.size(0), n = x.size(1);
  Tensor out = empty({rows}, x.dtype());
  stats = empty({rows, 2}, x.dtype());
  dispatch_float("cross_entropy", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = row_loops<T>();
    const T* px = x.data_ptr<T>();
    const auto* id = ids.data_ptr<int64_t>();
    T *to = out.data_ptr<T>(), *s = stats.data_ptr<T>();
    parallel_for(rows, kExpCost * static_cast<double>(n) + 20, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; ++r) {
        loops.row(px + r * n, n, s + 2 * r);
        to[r] = id[r] == ignore ? T(0) : s[2 * r] - px[r * n + id[r]] + s[2 * r + 1];
      }
    });
  });
  return out;
}

Tensor cross_entropy_grad(const Tensor& grad, const Tensor& x, const Tensor& ids, int64_t ignore, const Tensor& stats,
                          double scale) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x,
                       const Tensor& grad) { return kernel::cross_entropy_grad(grad, x, ids, ignore, stats, scale); },
                   x, grad);
  const Tensor g = kernel::contiguous(grad);
  const int64_t rows = x.size(0), n = x.size(1), step = g.dim() == 0 ? 0 : 1;
  Tensor out = empty(x.sizes(), x.dtype());
  dispatch_float("cross_entropy", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = row_loops<T>();
    const T *px = x.data_ptr<T>(), *pg = g.data_ptr<T>(), *s = stats.data_ptr<T>();
    const auto* id = ids.data_ptr<int64_t>();
    T* to = out.data_ptr<T>();
    parallel_for(rows, kExpCost * static_cast<double>(n) + 10, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; ++r) {
        T* row = to + r * n;
        if (id[r] == ignore) {
          std::fill(row, row + n, T(0));
          continue;
        }
        const T gr = pg[r * step] * static_cast<T>(scale);
        loops.grad(px + r * n, row, n, s + 2 * r, gr);
        row[id[r]] -= gr;
      }
    });
  });
  return out;
}

Tensor nll(const Tensor& x, const Tensor& ids, const Tensor& weight, int64_t ignore) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& weight) { return kernel::nll(x, ids, weight, ignore); }, x,
                   weight);
  const int64_t classes = x.size(1), inner = ids.numel() ? x.numel() / classes / x.size(0) : 1;
  Tensor out = empty(ids.sizes(), x.dtype());
  dispatch_float("nll_loss", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *px = x.data_ptr<T>(), *w = weight.defined() ? weight.data_ptr<T>() : nullptr;
    const auto* id = ids.data_ptr<int64_t>();
    T* to = out.data_ptr<T>();
    parallel_for(ids.numel(), 2, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; ++i)
        to[i] = id[i] == ignore ? T(0) : -(w ? w[id[i]] : T(1)) * px[(i / inner * classes + id[i]) * inner + i % inner];
    });
  });
  return out;
}

Tensor nll_grad(const Tensor& grad, const Tensor& ids, const Tensor& weight, int64_t ignore, int64_t classes) {
  if (goes_wide(grad.dtype())) [[unlikely]]
    return in_wide(
        [&](const Tensor& grad, const Tensor& weight) { return kernel::nll_grad(grad, ids, weight, ignore, classes); },
        grad, weight);
  const Tensor g = kernel::contiguous(grad);
  Dims sizes = ids.sizes();
  sizes.insert(1, classes);
  Tensor out = zeros(sizes, g.dtype());
  const int64_t inner = ids.numel() ? ids.numel() / ids.size(0) : 1;
  dispatch_float("nll_loss", g.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *pg = g.data_ptr<T>(), *w = weight.defined() ? weight.data_ptr<T>() : nullptr;
    const auto* id = ids.data_ptr<int64_t>();
    T* to = out.data_ptr<T>();
    parallel_for(ids.numel(), 2, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; ++i)
        if (id[i] != ignore) to[(i / inner * classes + id[i]) * inner + i % inner] = -(w ? w[id[i]] : T(1)) * pg[i];
    });
  });
  return out;
}

double sum_of_weights(const Tensor& ids, const Tensor& weight, int64_t ignore) {
  const Tensor w = weight.dtype() == kFloat64 ? kernel::contiguous(weight) : copy_of(weight, kFloat64);
  const auto* pw = w.data_ptr<double>();
  const auto* id = ids.data_ptr<int64_t>();
  double sum = 0;
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (id[i] != ignore) sum += pw[id[i]];
  return sum;
}

}  // namespace weft::kernel
