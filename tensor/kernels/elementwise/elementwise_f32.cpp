// The float32 loops of unary.def and binary.def, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/elementwise/elementwise_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <type_traits>

#include "weft/tensor/kernels/elementwise/activation_math-inl.h"
#include "weft/tensor/kernels/elementwise/elementwise_loops.h"
#include "weft/tensor/kernels/simd/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
struct NoVector {};
#define WEFT_NO_VECTOR \
  NoVector {}

#define WEFT_VECTOR_PARAMETERS                                     \
  [[maybe_unused]] const D d;                                      \
  [[maybe_unused]] const V p = hn::Set(d, p_), q = hn::Set(d, q_); \
  [[maybe_unused]] const V zero = hn::Zero(d), one = hn::Set(d, 1.0f);

#define WEFT_UNARY_FLOAT(Name, value, vector)                   \
  struct Unary##Name {                                          \
    HWY_INLINE auto operator()(V x, float p_, float q_) const { \
      WEFT_VECTOR_PARAMETERS(void) x;                           \
      return vector;                                            \
    }                                                           \
  };
#define WEFT_UNARY(Name, value, vector) WEFT_UNARY_FLOAT(Name, value, vector)
#include "weft/tensor/kernels/elementwise/unary.def"

#define WEFT_BINARY_FLOAT(Name, value, vector)                       \
  struct Binary##Name {                                              \
    HWY_INLINE auto operator()(V a, V b, float p_, float q_) const { \
      WEFT_VECTOR_PARAMETERS(void) a, (void)b;                       \
      return vector;                                                 \
    }                                                                \
  };
#define WEFT_BINARY(Name, value, vector) WEFT_BINARY_FLOAT(Name, value, vector)
#include "weft/tensor/kernels/elementwise/binary.def"

// The last, partial vector goes through a buffer, so that every element is computed by the same instructions at any
// position.
HWY_INLINE V load_some(const float* from, size_t n) {
  HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  std::memcpy(buffer, from, n * sizeof(float));
  return hn::Load(D(), buffer);
}
HWY_INLINE void store_some(V v, float* to, size_t n) {
  HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, D(), buffer);
  std::memcpy(to, buffer, n * sizeof(float));
}

template <class F>
void unary_rows(const void* x, void* out, int64_t n, double p, double q) {
  const D d;
  const F f;
  const auto* in = static_cast<const float*>(x);
  auto* to = static_cast<float*>(out);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto pf = static_cast<float>(p), qf = static_cast<float>(q);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, in + i), pf, qf), d, to + i);
  if (i < n) store_some(f(load_some(in + i, n - i), pf, qf), to + i, n - i);
}

template <class F, Broadcast kBroadcast>
void binary_rows(const void* a, const void* b, void* out, int64_t n, double p, double q) {
  const D d;
  const F f;
  const auto *pa = static_cast<const float*>(a), *pb = static_cast<const float*>(b);
  auto* to = static_cast<float*>(out);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto pf = static_cast<float>(p), qf = static_cast<float>(q);
  [[maybe_unused]] const V one = hn::Set(d, kBroadcast == Broadcast::A ? *pa : kBroadcast == Broadcast::B ? *pb : 0);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if constexpr (kBroadcast == Broadcast::A)
      hn::StoreU(f(one, hn::LoadU(d, pb + i), pf, qf), d, to + i);
    else if constexpr (kBroadcast == Broadcast::B)
      hn::StoreU(f(hn::LoadU(d, pa + i), one, pf, qf), d, to + i);
    else
      hn::StoreU(f(hn::LoadU(d, pa + i), hn::LoadU(d, pb + i), pf, qf), d, to + i);
  }
  if (i == n) return;
  const size_t rest = n - i;
  const V va = kBroadcast == Broadcast::A ? one : load_some(pa + i, rest);
  const V vb = kBroadcast == Broadcast::B ? one : load_some(pb + i, rest);
  store_some(f(va, vb, pf, qf), to + i, rest);
}

template <class F>
constexpr bool has_vector_unary = std::is_same_v<std::invoke_result_t<F, V, float, float>, V>;
template <class F>
constexpr bool has_vector_binary = std::is_same_v<std::invoke_result_t<F, V, V, float, float>, V>;

template <class F>
constexpr UnaryLoop unary_entry() {
  if constexpr (has_vector_unary<F>)
    return unary_rows<F>;
  else
    return nullptr;
}
template <class F>
BinaryLoop binary_entry(Broadcast broadcast) {
  if constexpr (has_vector_binary<F>)
    return broadcast == Broadcast::A   ? binary_rows<F, Broadcast::A>
           : broadcast == Broadcast::B ? binary_rows<F, Broadcast::B>
                                       : binary_rows<F, Broadcast::None>;
  else
    return nullptr;
}

}  // namespace

UnaryLoop find_unary(Unary f) {
  switch (f) {
#define WEFT_UNARY(Name, value, vector) \
  case Unary::Name:                     \
    return unary_entry<Unary##Name>();
#define WEFT_UNARY_FLOAT(Name, value, vector) WEFT_UNARY(Name, value, vector)
#include "weft/tensor/kernels/elementwise/unary.def"
  }
  return nullptr;
}

BinaryLoop find_binary(Binary f, Broadcast broadcast) {
  switch (f) {
#define WEFT_BINARY(Name, value, vector) \
  case Binary::Name:                     \
    return binary_entry<Binary##Name>(broadcast);
#define WEFT_BINARY_FLOAT(Name, value, vector) WEFT_BINARY(Name, value, vector)
#include "weft/tensor/kernels/elementwise/binary.def"
  }
  return nullptr;
}

FindUnary unary_finder() { return find_unary; }
FindBinary binary_finder() { return find_binary; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
HWY_EXPORT(unary_finder);
HWY_EXPORT(binary_finder);

// Highway's dispatch is called once: it costs as much as a small loop.
UnaryLoop unary_loop_f32(Unary f) {
  static const auto find = HWY_DYNAMIC_DISPATCH(unary_finder)();
  return find(f);
}
BinaryLoop binary_loop_f32(Binary f, Broadcast b) {
  static const auto find = HWY_DYNAMIC_DISPATCH(binary_finder)();
  return find(f, b);
}
}  // namespace weft::kernel
#endif
