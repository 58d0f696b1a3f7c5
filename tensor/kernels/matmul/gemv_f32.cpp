// gemv_f32, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/matmul/gemv_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "weft/tensor/kernels/matmul/gemv_f32.h"
#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

// Rows read together, so that each part of x is loaded once for all of them.
constexpr int64_t kRows = 4;

/// The products of kCount neighbouring rows with x.
template <int64_t kCount>
HWY_INLINE void dot_rows(const float* w, int64_t ld, const float* x, int64_t k, float* products) {
  Vec even[kCount], odd[kCount];
  for (int64_t r = 0; r < kCount; ++r) even[r] = odd[r] = hn::Zero(kLanes);
  const auto add = [&](int64_t i, auto part, Vec* sums) HWY_ATTR {
    const Vec v = load(x + i, part);
    for (int64_t r = 0; r < kCount; ++r) sums[r] = hn::MulAdd(load(w + r * ld + i, part), v, sums[r]);
  };
  const int64_t step = lanes();
  int64_t i = 0;
  for (; i + 2 * step <= k; i += 2 * step) add(i, Whole(), even), add(i + step, Whole(), odd);
  if (i + step <= k) add(i, Whole(), even), i += step;
  if (i < k) add(i, Part{static_cast<size_t>(k - i)}, odd);
  for (int64_t r = 0; r < kCount; ++r) products[r] = sum_of(hn::Add(even[r], odd[r]));
}

void gemv(int64_t n, int64_t k, float alpha, const float* w, int64_t ld, const float* x, float beta, float* y) {
  float products[kRows];
  for (int64_t j = 0; j < n; j += kRows) {
    const int64_t count = n - j < kRows ? n - j : kRows;
    if (count == kRows)
      dot_rows<kRows>(w + j * ld, ld, x, k, products);
    else
      for (int64_t r = 0; r < count; ++r) dot_rows<1>(w + (j + r) * ld, ld, x, k, products + r);
    for (int64_t r = 0; r < count; ++r) {
      const float value = alpha * products[r];
      y[j + r] = beta == 0 ? value : value + beta * y[j + r];
    }
  }
}

}  // namespace

using Gemv = decltype(&gemv);
Gemv gemv_here() { return gemv; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
HWY_EXPORT(gemv_here);

void gemv_f32(int64_t n, int64_t k, float alpha, const float* w, int64_t ld, const float* x, float beta, float* y) {
  static const auto run = HWY_DYNAMIC_DISPATCH(gemv_here)();
  run(n, k, alpha, w, ld, x, beta, y);
}
}  // namespace weft::kernel
#endif
