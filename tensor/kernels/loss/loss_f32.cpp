// The float32 loops of the fused losses, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/loss/loss_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "weft/tensor/kernels/loss/loss_f32.h"
#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

// The compiler vectorises the scalar formulas; blocks of this many elements stay in the L1 cache until they are summed.
constexpr int64_t kBlock = 512;
using T = float;

HWY_INLINE float abs_of(float d) { return d < 0 ? -d : d; }
HWY_INLINE float sign_of(float d) { return (d > 0 ? 1.0f : 0.0f) - (d < 0 ? 1.0f : 0.0f); }

#define WEFT_DIFFERENCE_LOSS(Name, value_, slope_, curvature_)                                                   \
  struct Name##Loss {                                                                                            \
    static HWY_INLINE float value([[maybe_unused]] float d, [[maybe_unused]] float p) { return value_; }         \
    static HWY_INLINE float slope([[maybe_unused]] float d, [[maybe_unused]] float p) { return slope_; }         \
    static HWY_INLINE float curvature([[maybe_unused]] float d, [[maybe_unused]] float p) { return curvature_; } \
  };
#include "weft/tensor/kernels/loss/difference_loss.def"

template <class F>
void values(const float* HWY_RESTRICT x, const float* HWY_RESTRICT t, float* HWY_RESTRICT out, int64_t n, float p) {
  for (int64_t i = 0; i < n; ++i) out[i] = F::value(x[i] - t[i], p);
}

template <class F>
double sum(const float* x, const float* t, int64_t n, float p) {
  HWY_ALIGN float block[kBlock];
  double total = 0;
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t m = std::min(kBlock, n - i);
    values<F>(x + i, t + i, block, m, p);
    const float* values_of_block = block;
    total += sum_over(m, [=](int64_t k, auto part) HWY_ATTR { return load(values_of_block + k, part); });
  }
  return total;
}

template <class F>
void slope(const float* HWY_RESTRICT g, int64_t g_step, const float* HWY_RESTRICT x, const float* HWY_RESTRICT t,
           float* HWY_RESTRICT out, int64_t n, float p, float scale) {
  if (g_step == 0) {
    const float gs = *g * scale;
    for (int64_t i = 0; i < n; ++i) out[i] = gs * F::slope(x[i] - t[i], p);
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = g[i] * scale * F::slope(x[i] - t[i], p);
  }
}

template <class F>
void curvature(const float* HWY_RESTRICT g, int64_t g_step, const float* HWY_RESTRICT x, const float* HWY_RESTRICT t,
               float* HWY_RESTRICT out, int64_t n, float p, float scale) {
  for (int64_t i = 0; i < n; ++i) out[i] = g[i * g_step] * scale * F::curvature(x[i] - t[i], p);
}

void cross_entropy_row(const float* x, int64_t n, float* stats) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  Vec max = all(kLowest);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR { max = hn::Max(max, or_else(load(x + i, part), part, kLowest)); });
  const float m = max_of(max);
  const Vec vm = all(m);
  stats[0] = m;
  stats[1] = std::log(sum_over(
      n, [=](int64_t i, auto part) HWY_ATTR { return or_else(exp_of(hn::Sub(load(x + i, part), vm)), part, 0); }));
}

void cross_entropy_grad_row(const float* x, float* out, int64_t n, const float* stats, float g) {
  const Vec max = all(stats[0]), log_sum = all(stats[1]), vg = all(g);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec p = exp_of(hn::Sub(hn::Sub(load(x + i, part), max), log_sum));
    store(hn::Mul(vg, p), out + i, part);
  });
}

}  // namespace

LossLoops difference_loops(Difference f) {
  switch (f) {
#define WEFT_DIFFERENCE_LOSS(Name, value, slope_, curvature_) \
  case Difference::Name:                                      \
    return {values<Name##Loss>, sum<Name##Loss>, slope<Name##Loss>, curvature<Name##Loss>};
#include "weft/tensor/kernels/loss/difference_loss.def"
  }
  return {};
}

CrossEntropyLoops cross_entropy_loops() { return {cross_entropy_row, cross_entropy_grad_row}; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(difference_loops);
HWY_EXPORT(cross_entropy_loops);
}  // namespace
LossLoops difference_loops_f32(Difference f) { return HWY_DYNAMIC_DISPATCH(difference_loops)(f); }
CrossEntropyLoops cross_entropy_loops_f32() { return HWY_DYNAMIC_DISPATCH(cross_entropy_loops)(); }
}  // namespace weft::kernel
#endif
