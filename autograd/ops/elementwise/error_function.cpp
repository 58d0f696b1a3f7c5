// erfc, the complement of erf, and erfinv, the inverse of erf.
#include <cmath>
#include <limits>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

struct Erfc {
  static constexpr const char* kName = "erfc";
  template <class T>
  static T value(T x) {
    return std::erfc(x);
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g * ((-(x * x)).exp() * -M_2_SQRTPI); }
};

// Winitzki's approximation (2008), good to 2e-3, then Halley's method on erf, which cubes the error. Near 1 the error
// is that of the complements, which does not cancel.
double inverse_erf(double y) {
  const double size = std::abs(y);
  if (!(size < 1)) return size == 1 ? std::copysign(std::numeric_limits<double>::infinity(), y) : NAN;
  constexpr double kA = 0.147;
  const double log = std::log1p(-size * size), half = 2 / (M_PI * kA) + log / 2;
  double x = std::sqrt(std::sqrt(half * half - log / kA) - half);
  for (int step = 0; step < 3; ++step) {
    const double error = x < 0.5 ? std::erf(x) - size : (1 - size) - std::erfc(x);
    const double newton = error / (M_2_SQRTPI * std::exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return std::copysign(x, y);
}

struct Erfinv {
  static constexpr const char* kName = "erfinv";
  template <class T>
  static T value(T x) {
    return x == 0 ? x : static_cast<T>(inverse_erf(static_cast<double>(x)));
  }
  static Tensor grad(const Tensor&, const Tensor& g, const Tensor& y) { return g * ((y * y).exp() / M_2_SQRTPI); }
};

}  // namespace

Tensor Tensor::erfc() const { return autograd::unary_op<Erfc>(*this); }
Tensor Tensor::erfinv() const { return autograd::unary_op<Erfinv>(*this); }

}  // namespace weft
