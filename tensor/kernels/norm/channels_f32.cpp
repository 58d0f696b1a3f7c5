// The float32 loops of channels.h, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/norm/channels_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "weft/tensor/kernels/norm/channels.h"
#include "weft/tensor/kernels/norm/moments-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

void plane_moments(const float* x, int64_t n, double* mean, double* m2) {
  const RowMoments m = moments_of(x, n);
  *mean = m.mean;
  *m2 = m.m2;
}

// The moments of channel j's column, in double precision throughout.
void column_moments(const float* x, int64_t rows, int64_t c, double* mean, double* m2) {
  double sum = 0, squares = 0;
  for (int64_t r = 0; r < rows; ++r) sum += x[r * c];
  *mean = sum / static_cast<double>(rows);
  for (int64_t r = 0; r < rows; ++r) squares += (x[r * c] - *mean) * (x[r * c] - *mean);
  *m2 = squares;
}

// moments_of for adjacent columns: the pivot of a channel is the mean of every fourth row.
void row_moments(const float* x, int64_t rows, int64_t c, double* mean, double* m2) {
  constexpr size_t kMost = hn::MaxLanes(kLanes);
  const double per_row = 1 / static_cast<double>(rows);
  const Vec share = all(1 / static_cast<float>((rows + 3) / 4)), narrow_per_row = all(static_cast<float>(per_row));
  const Vec most = all(std::numeric_limits<float>::max()), four = all(4);
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    Vec pivot = hn::Zero(kLanes), s0 = pivot, s1 = pivot, q0 = pivot, q1 = pivot;
    for (int64_t r = 0; r < rows; r += 4) pivot = hn::Add(pivot, load(x + r * c + j, part));
    pivot = hn::Mul(pivot, share);
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      const Vec d0 = hn::Sub(pivot, load(x + r * c + j, part)), d1 = hn::Sub(pivot, load(x + (r + 1) * c + j, part));
      s0 = hn::Add(s0, d0), q0 = hn::MulAdd(d0, d0, q0);
      s1 = hn::Add(s1, d1), q1 = hn::MulAdd(d1, d1, q1);
    }
    if (r < rows) {
      const Vec d = hn::Sub(pivot, load(x + r * c + j, part));
      s0 = hn::Add(s0, d), q0 = hn::MulAdd(d, d, q0);
    }
    const Vec sum = or_else(hn::Add(s0, s1), part, 0), square = or_else(hn::Add(q0, q1), part, 0);
    HWY_ALIGN double pivots[kMost], sums[kMost], squares[kMost];
    widen(pivot, pivots), widen(sum, sums), widen(square, squares);
    const int64_t count = std::min(lanes(), c - j);
    const auto finish = [&](int64_t lanes_used) HWY_ATTR {
      for (int64_t k = 0; k < lanes_used; ++k) {
        mean[j + k] = pivots[k] - sums[k] * per_row;
        m2[j + k] = squares[k] - sums[k] * sums[k] * per_row;
      }
    };
    if constexpr (std::is_same_v<decltype(part), Whole>)
      finish(static_cast<int64_t>(kMost));
    else
      finish(count);
    const Vec lost = hn::Mul(hn::Mul(sum, sum), narrow_per_row), rest = hn::Sub(square, lost);
    if (HWY_LIKELY(hn::AllTrue(kLanes, hn::And(hn::Le(lost, hn::Mul(four, rest)), hn::Le(rest, most))))) return;
    for (int64_t k = 0; k < count; ++k) column_moments(x + j + k, rows, c, mean + j + k, m2 + j + k);
  });
}

void plane_affine(const float* x, float* y, int64_t n, float mean, float a, float b) {
  const Vec vm = all(mean), va = all(a), vb = all(b);
  each_vector(n, [&](int64_t i, auto part)
                     HWY_ATTR { store(hn::MulAdd(hn::Sub(load(x + i, part), vm), va, vb), y + i, part); });
}

void row_affine(const float* x, float* y, int64_t rows, int64_t c, const float* mean, const float* a, const float* b) {
  for (int64_t r = 0; r < rows; ++r, x += c, y += c)
    each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
      const Vec d = hn::Sub(load(x + j, part), load(mean + j, part));
      store(hn::MulAdd(d, load(a + j, part), load(b + j, part)), y + j, part);
    });
}

void plane_dots(const float* g, const float* x, int64_t n, float mean, float* sum_g, float* sum_gx) {
  const Vec vm = all(mean);
  const SumPair sums = sum_pair_over(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec gi = or_else(load(g + i, part), part, 0);
    return VecPair{gi, hn::Mul(gi, or_else(hn::Sub(load(x + i, part), vm), part, 0))};
  });
  *sum_g = static_cast<float>(sums.first);
  *sum_gx = static_cast<float>(sums.second);
}

void row_dots(const float* g, const float* x, int64_t rows, int64_t c, const float* mean, float* sum_g, float* sum_gx) {
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    const Vec m = load(mean + j, part);
    Vec sg = hn::Zero(kLanes), sx = sg, sg2 = sg, sx2 = sg;
    const auto add = [&](int64_t r, Vec& to_g, Vec& to_gx) HWY_ATTR {
      const Vec gi = load(g + r * c + j, part);
      to_g = hn::Add(to_g, gi);
      to_gx = hn::MulAdd(gi, hn::Sub(load(x + r * c + j, part), m), to_gx);
    };
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) add(r, sg, sx), add(r + 1, sg2, sx2);
    if (r < rows) add(r, sg, sx);
    store(hn::Add(sg, sg2), sum_g + j, part);
    store(hn::Add(sx, sx2), sum_gx + j, part);
  });
}

void plane_mix(const float* g, const float* x, float* out, int64_t n, float mean, float p, float q, float r) {
  const Vec vm = all(mean), vp = all(p), vq = all(q), vr = all(r);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec d = hn::Sub(load(x + i, part), vm);
    store(hn::MulAdd(vp, load(g + i, part), hn::MulAdd(vq, d, vr)), out + i, part);
  });
}

void row_mix(const float* g, const float* x, float* out, int64_t rows, int64_t c, const float* mean, const float* p,
             const float* q, const float* r) {
  for (int64_t i = 0; i < rows; ++i, g += c, x += c, out += c)
    each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
      const Vec d = hn::Sub(load(x + j, part), load(mean + j, part));
      const Vec rest = hn::MulAdd(load(q + j, part), d, load(r + j, part));
      store(hn::MulAdd(load(p + j, part), load(g + j, part), rest), out + j, part);
    });
}

// Scales x by w where it is not positive.
HWY_INLINE Vec prelu_of(Vec x, Vec w) { return hn::IfThenElse(hn::Gt(x, hn::Zero(kLanes)), x, hn::Mul(w, x)); }

void plane_prelu(const float* x, float* y, int64_t n, float w) {
  const Vec vw = all(w);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR { store(prelu_of(load(x + i, part), vw), y + i, part); });
}

void row_prelu(const float* x, float* y, int64_t rows, int64_t c, const float* w) {
  for (int64_t r = 0; r < rows; ++r, x += c, y += c)
    each_vector(
        c, [&](int64_t j, auto part) HWY_ATTR { store(prelu_of(load(x + j, part), load(w + j, part)), y + j, part); });
}

void plane_prelu_grad(const float* g, const float* x, float* out, int64_t n, float w, float* sum) {
  const Vec vw = all(w), zero = hn::Zero(kLanes);
  *sum = sum_over(n, [=](int64_t i, auto part) HWY_ATTR {
    const Vec gi = load(g + i, part), xi = load(x + i, part);
    const auto positive = hn::Gt(xi, zero);
    store(hn::IfThenElse(positive, gi, hn::Mul(vw, gi)), out + i, part);
    return or_else(hn::IfThenZeroElse(positive, hn::Mul(gi, xi)), part, 0);
  });
}

void row_prelu_grad(const float* g, const float* x, float* out, int64_t rows, int64_t c, const float* w, float* sum) {
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    const Vec vw = load(w + j, part), zero = hn::Zero(kLanes);
    Vec s = zero;
    for (int64_t r = 0; r < rows; ++r) {
      const Vec gi = load(g + r * c + j, part), xi = load(x + r * c + j, part);
      const auto positive = hn::Gt(xi, zero);
      store(hn::IfThenElse(positive, gi, hn::Mul(vw, gi)), out + r * c + j, part);
      s = hn::Add(s, hn::IfThenZeroElse(positive, hn::Mul(gi, xi)));
    }
    store(s, sum + j, part);
  });
}

}  // namespace

ChannelLoops<float> make_channel_loops() {
  return {plane_moments, row_moments, plane_affine, row_affine, plane_dots,       row_dots,
          plane_mix,     row_mix,     plane_prelu,  row_prelu,  plane_prelu_grad, row_prelu_grad};
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(make_channel_loops);
}  // namespace

template <>
const ChannelLoops<float>& channel_loops<float>() {
  static const ChannelLoops<float> loops = HWY_DYNAMIC_DISPATCH(make_channel_loops)();
  return loops;
}

}  // namespace weft::kernel
#endif
