#include "weft/tensor/kernels/random/random.h"

#include <cmath>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"

namespace weft::kernel {
namespace {

// Fills contiguous memory with f(p, n); other strides go through a copy. Types: those of p.
template <class Types, class F>
void fill_contiguous(const char* op, const Tensor& dst, F f) {
  Tensor t = dst.impl().contiguous ? dst : empty(dst.sizes(), dst.dtype());
  dispatch<Types>(op, t.dtype(), [&](auto tag) { f(t.data_ptr<typename decltype(tag)::type>(), t.numel()); });
  if (!t.is_same(dst)) copy(dst, t);
}

// PyTorch draws the 16-bit floating-point types with their own precision.
using Floats = TypeList<Half, BFloat16, float, double>;

// The same for every dtype; those without kernels are drawn in the dtype they are computed in.
template <class F>
void fill_with(const char* op, const Tensor& dst, F f) {
  const Tensor wide = has_kernels(dst.dtype()) ? dst : empty(dst.sizes(), dtype_info(dst.dtype()).compute);
  fill_contiguous<KernelTypes>(op, wide, f);
  if (!wide.is_same(dst)) copy(dst, wide);
}

template <class T>
T draw_uniform(Generator& g) {
  constexpr int kDigits = std::numeric_limits<T>::digits;
  if constexpr (std::is_same_v<T, double>)
    return g.uniform_double();
  else if constexpr (std::is_same_v<T, float>)
    return g.uniform_float();
  else
    return static_cast<float>(g.random() & ((1u << kDigits) - 1)) / static_cast<float>(1u << kDigits);
}

// Box and Muller on two halves of a block of 16 uniform values, in PyTorch's order. Each step rounds to T.
template <class T>
void normal_block(T* p, T mean, T std) {
  using Turn = std::conditional_t<is_float16<T>, double, T>;
  for (int j = 0; j < 8; ++j) {
    const T u1 = 1 - p[j], u2 = p[j + 8], log = std::log(u1), square = -2 * log, radius = std::sqrt(square);
    const T theta = convert<T>(static_cast<Turn>(2.0 * M_PI) * static_cast<Turn>(u2));
    const T cosine = std::cos(theta), sine = std::sin(theta);
    const T x = radius * cosine, y = radius * sine, scaled_x = x * std, scaled_y = y * std;
    p[j] = scaled_x + mean;
    p[j + 8] = scaled_y + mean;
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
  fill_contiguous<Floats>("uniform_", dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    const T a = convert<T>(from), b = convert<T>(to), width = b - a;
    for (int64_t i = 0; i < n; ++i) p[i] = draw_uniform<T>(g) * width + a;
  });
}

void normal(const Tensor& dst, double mean, double std, Generator& g) {
  require_floating_point("normal_", dst.dtype());
  check<ValueError>(std >= 0, "[normal_] the standard deviation must not be negative, got {}", std);
  fill_contiguous<Floats>("normal_", dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    if (n >= 16) return normal_blocks(p, n, convert<T>(mean), convert<T>(std), g);
    for (int64_t i = 0; i < n; ++i) p[i] = convert<T>(g.normal() * std + mean);
  });
}

void bernoulli(const Tensor& dst, double p, Generator& g) {
  check<ValueError>(p >= 0 && p <= 1, "[bernoulli_] the probability must be in [0, 1], got {}", p);
  fill_with("bernoulli_", dst, [&](auto* to, int64_t n) {
    using T = std::remove_pointer_t<decltype(to)>;
    for (int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(g.uniform_double() < p);
  });
}

void random_integers(const Tensor& dst, int64_t from, int64_t to, Generator& g) {
  check<ValueError>(from < to, "[randint] needs low < high, got {} and {}", from, to);
  const auto range = static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  fill_with("randint", dst, [&](auto* p, int64_t n) {
    using T = std::remove_pointer_t<decltype(p)>;
    for (int64_t i = 0; i < n; ++i) {
      uint64_t r = range >= (uint64_t{1} << 32) ? g.random64() : g.random();
      p[i] = static_cast<T>(static_cast<int64_t>(r % range + static_cast<uint64_t>(from)));
    }
  });
}

}  // namespace weft::kernel
