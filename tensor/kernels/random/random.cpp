#include "weft/tensor/kernels/random/random.h"

#include <cmath>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::kernel {
namespace {

// Fills contiguous memory with f(p, n); other strides go through a copy.
template <class F>
void fill_with(const Tensor& dst, F f) {
  Tensor t = dst.impl().contiguous ? dst : empty(dst.sizes(), dst.dtype());
  dispatch(t.dtype(), [&](auto tag) { f(t.data_ptr<typename decltype(tag)::type>(), t.numel()); });
  if (!t.is_same(dst)) copy(dst, t);
}

template <class T>
T draw_uniform(Generator& g) {
  if constexpr (std::is_same_v<T, double>)
    return g.uniform_double();
  else
    return g.uniform_float();
}

// Box and Muller on two halves of a block of 16 uniform values, in PyTorch's order.
template <class T>
void normal_block(T* p, T mean, T std) {
  for (int j = 0; j < 8; ++j) {
    const T u1 = 1 - p[j], u2 = p[j + 8];
    const T radius = std::sqrt(-2 * std::log(u1)), theta = static_cast<T>(2.0 * M_PI) * u2;
    p[j] = radius * std::cos(theta) * std + mean;
    p[j + 8] = radius * std::sin(theta) * std + mean;
  }
}

template <class T>
void normal_blocks(T* p, int64_t n, T mean, T std, Generator& g) {
  for (int64_t i = 0; i < n; ++i) p[i] = draw_uniform<T>(g);
  for (int64_t i = 0; i + 16 <= n; i += 16) normal_block(p + i, mean, std);
  if (n % 16 == 0) return;
  // The remainder: the last 16 are drawn anew.
  for (int64_t i = n - 16; i < n; ++i) p[i] = draw_uniform<T>(g);
  normal_block(p + n - 16, mean, std);
}

}  // namespace

void uniform(const Tensor& dst, double from, double to, Generator& g) {
  require_floating_point("uniform_", dst.dtype());
  check<ValueError>(from <= to && std::isfinite(to - from), "[uniform_] needs from <= to, got {} and {}", from, to);
  fill_with(dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    if constexpr (std::is_floating_point_v<T>) {
      const T a = static_cast<T>(from), b = static_cast<T>(to);
      for (int64_t i = 0; i < n; ++i) p[i] = draw_uniform<T>(g) * (b - a) + a;
    }
  });
}

void normal(const Tensor& dst, double mean, double std, Generator& g) {
  require_floating_point("normal_", dst.dtype());
  check<ValueError>(std >= 0, "[normal_] the standard deviation must not be negative, got {}", std);
  fill_with(dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    if constexpr (std::is_floating_point_v<T>) {
      if (n >= 16) return normal_blocks(p, n, static_cast<T>(mean), static_cast<T>(std), g);
      for (int64_t i = 0; i < n; ++i) p[i] = static_cast<T>(g.normal() * std + mean);
    }
  });
}

void bernoulli(const Tensor& dst, double p, Generator& g) {
  check<ValueError>(p >= 0 && p <= 1, "[bernoulli_] the probability must be in [0, 1], got {}", p);
  fill_with(dst, [&](auto* to, int64_t n) {
    using T = std::remove_pointer_t<decltype(to)>;
    for (int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(g.uniform_double() < p);
  });
}

void random_integers(const Tensor& dst, int64_t from, int64_t to, Generator& g) {
  check<ValueError>(from < to, "[randint] needs low < high, got {} and {}", from, to);
  const auto range = static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  fill_with(dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    for (int64_t i = 0; i < n; ++i) {
      uint64_t r = range >= (uint64_t{1} << 32) ? g.random64() : g.random();
      p[i] = static_cast<T>(static_cast<int64_t>(r % range + static_cast<uint64_t>(from)));
    }
  });
}

}  // namespace weft::kernel
