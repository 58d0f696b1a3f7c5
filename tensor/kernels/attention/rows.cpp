// The rows of attention, per instruction set.
#include "weft/tensor/kernels/attention/rows.h"

#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/attention/rows.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <limits>

#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

float attention_scale(float* scores, const float* mask, float scale, int64_t n) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const Vec s = all(scale);
  Vec most = all(kLowest);
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    Vec x = hn::Mul(load(scores + j, part), s);
    if (mask) x = hn::Add(x, load(mask + j, part));
    store(x, scores + j, part);
    most = hn::Max(most, or_else(x, part, kLowest));
  });
  return max_of(most);
}

float attention_exp(float* scores, float by, int64_t n) {
  const Vec b = all(by);
  Vec sum = hn::Zero(kLanes);
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const Vec p = exp_of(hn::Sub(load(scores + j, part), b));
    store(p, scores + j, part);
    sum = hn::Add(sum, or_else(p, part, 0));
  });
  return sum_of(sum);
}

void attention_grad_row(const float* weights, float* dweights, float mean, float scale, int64_t n) {
  const Vec m = all(mean), s = all(scale);
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const Vec d = hn::Sub(load(dweights + j, part), m);
    store(hn::Mul(hn::Mul(load(weights + j, part), d), s), dweights + j, part);
  });
}

void attention_times(float* to, const float* from, float by, int64_t n) {
  const Vec b = all(by);
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR { store(hn::Mul(load(from + j, part), b), to + j, part); });
}

float attention_dot(const float* a, const float* b, int64_t n) {
  Vec sum = hn::Zero(kLanes);
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    sum = hn::MulAdd(or_else(load(a + j, part), part, 0), or_else(load(b + j, part), part, 0), sum);
  });
  return sum_of(sum);
}

}  // namespace

AttentionRows make_attention_rows() {
  return {attention_scale, attention_exp, attention_grad_row, attention_times, attention_dot};
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(make_attention_rows);
}
const AttentionRows& attention_rows() {
  static const AttentionRows rows = HWY_DYNAMIC_DISPATCH(make_attention_rows)();
  return rows;
}
}  // namespace weft::kernel
#endif
