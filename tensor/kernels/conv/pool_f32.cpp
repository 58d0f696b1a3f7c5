// The loops of pooling on channels-last float32, vectorised over channels and compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/conv/pool_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <limits>

#include "weft/tensor/kernels/conv/pool.h"
#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

// Positions are carried in float lanes as bit patterns.
constexpr hn::RebindToSigned<Lanes> kInts;
HWY_INLINE Vec position(int64_t p) { return hn::BitCast(kLanes, hn::Set(kInts, static_cast<int32_t>(p))); }

// The positions of a window: `rows` lines, `line_step` apart, of `columns` positions, `step` apart.
struct Window {
  Window(const PoolWindows& w, int64_t i, int64_t j)
      : rows(w.h.count[static_cast<size_t>(i)]),
        columns(w.w.count[static_cast<size_t>(j)]),
        first(w.h.first[static_cast<size_t>(i)] * w.w.in + w.w.first[static_cast<size_t>(j)]),
        line_step(w.h.step * w.w.in),
        step(w.w.step) {}
  template <class Body>
  HWY_INLINE void each(const Body& body) const {
    for (int64_t a = 0; a < rows; ++a)
      for (int64_t b = 0; b < columns; ++b) body(first + a * line_step + b * step);
  }
  int64_t rows, columns, first, line_step, step;
};

template <bool kPositions, bool kRelu>
HWY_INLINE void max_row_of(const PoolWindows& w, int64_t i, int64_t c, const float* x, float* y, float* positions) {
  for (int64_t j = 0; j < w.w.out; ++j) {
    const Window window(w, i, j);
    each_vector(c, [&](int64_t k, auto part) HWY_ATTR {
      Vec best = all(-std::numeric_limits<float>::infinity());
      Vec where = position(window.rows * window.columns > 0 ? window.first : -1);
      window.each([&](int64_t p) HWY_ATTR {
        const Vec v = load(x + p * c + k, part);
        const auto better = hn::Or(hn::Gt(v, best), hn::IsNaN(v));
        best = hn::IfThenElse(better, v, best);
        if constexpr (kPositions) where = hn::IfThenElse(better, position(p), where);
      });
      if constexpr (kRelu) {
        if constexpr (kPositions) where = hn::IfThenElse(hn::Le(best, hn::Zero(kLanes)), position(-1), where);
        best = hn::IfThenZeroElse(hn::Le(best, hn::Zero(kLanes)), best);
      }
      store(best, y + j * c + k, part);
      if constexpr (kPositions) store(where, positions + j * c + k, part);
    });
  }
}

void max_row(const PoolWindows& w, int64_t i, int64_t c, bool relu, const float* x, float* y, int32_t* positions) {
  auto* at = reinterpret_cast<float*>(positions);
  if (relu)
    at ? max_row_of<true, true>(w, i, c, x, y, at) : max_row_of<false, true>(w, i, c, x, y, at);
  else
    at ? max_row_of<true, false>(w, i, c, x, y, at) : max_row_of<false, false>(w, i, c, x, y, at);
}

void max_grad_row(const PoolWindows& w, int64_t i, int64_t c, const float* g, const int32_t* positions, float* dx) {
  const auto* at = reinterpret_cast<const float*>(positions);
  for (int64_t j = 0; j < w.w.out; ++j) {
    const Window window(w, i, j);
    each_vector(c, [&](int64_t k, auto part) HWY_ATTR {
      const Vec v = load(g + j * c + k, part);
      const auto where = hn::BitCast(kInts, load(at + j * c + k, part));
      window.each([&](int64_t p) HWY_ATTR {
        const auto here = hn::RebindMask(kLanes, hn::Eq(where, hn::Set(kInts, static_cast<int32_t>(p))));
        store(hn::IfThenElseZero(here, v), dx + p * c + k, part);
      });
    });
  }
}

// The sum of vector k of a window too large for one running float32 sum.
template <class P>
HWY_NOINLINE Vec wide_sum(const Window& window, const float* x, P part, int64_t c) {
  WideSum sum;
  window.each([&](int64_t p) HWY_ATTR { sum.add(load(x + p * c, part)); });
  return sum.narrow();
}
constexpr int64_t kNarrowWindow = 32;

void avg_row(const PoolWindows& w, int64_t i, int64_t c, const float* x, float* y) {
  for (int64_t j = 0; j < w.w.out; ++j) {
    const Window window(w, i, j);
    const Vec scale = all(static_cast<float>(w.scale(i, j)));
    each_vector(c, [&](int64_t k, auto part) HWY_ATTR {
      Vec sum = hn::Zero(kLanes);
      if (window.rows * window.columns > kNarrowWindow)
        sum = wide_sum(window, x + k, part, c);
      else
        window.each([&](int64_t p) HWY_ATTR { sum = hn::Add(sum, load(x + p * c + k, part)); });
      store(hn::Mul(sum, scale), y + j * c + k, part);
    });
  }
}

void avg_grad_row(const PoolWindows& w, int64_t i, int64_t c, const float* g, float* dx) {
  for (int64_t j = 0; j < w.w.out; ++j) {
    const Window window(w, i, j);
    const Vec scale = all(static_cast<float>(w.scale(i, j)));
    each_vector(c, [&](int64_t k, auto part) HWY_ATTR {
      const Vec v = hn::Mul(load(g + j * c + k, part), scale);
      window.each([&](int64_t p) HWY_ATTR {
        float* to = dx + p * c + k;
        store(hn::Add(load(to, part), v), to, part);
      });
    });
  }
}

}  // namespace

PoolLoops<float> make_pool_loops() { return {max_row, max_grad_row, avg_row, avg_grad_row}; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(make_pool_loops);
}  // namespace

const PoolLoops<float>& channel_pool_loops() {
  static const PoolLoops<float> loops = HWY_DYNAMIC_DISPATCH(make_pool_loops)();
  return loops;
}

}  // namespace weft::kernel
#endif
