// lgamma, digamma and polygamma: the logarithm of the gamma function's absolute value and its derivatives.
#include <cmath>
#include <limits>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// log |gamma(x)|. The sign goes to a local variable: std::lgamma writes it to a global one.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// Recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.18); reflection (6.3.7) for negative x.
double digamma_of(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x < 0 && x == std::floor(x)) return NAN;
  double result = 0;
  if (x < 0) {
    result = -M_PI / std::tan(M_PI * (x - std::floor(x)));
    x = 1 - x;
  }
  for (; x < 10; ++x) result -= 1 / x;
  const double z = 1 / (x * x);
  const double series =
      z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - z * (1. / 240 - z * (1. / 132 - z * (691. / 32760 - z / 12))))));
  return result + std::log(x) - 0.5 / x - series;
}

// Hurwitz' zeta function, the sum of (x + k)^-s over k >= 0, for integers s >= 2: the first terms, then the
// Euler-Maclaurin formula (DLMF 25.11.28). Infinite at the poles x = 0, -1, -2 ...
double hurwitz_zeta(int64_t s, double x) {
  if (x <= 0 && x == std::floor(x)) return kInfinity;
  const auto power = static_cast<double>(s);
  double sum = 0;
  for (; x < 12; ++x) sum += std::pow(x, -power);
  sum += std::pow(x, 1 - power) / (power - 1) + 0.5 * std::pow(x, -power);
  // B_2j / (2j)!
  constexpr double kTerms[] = {1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160, -691. / 1307674368000};
  double factor = power * std::pow(x, -power - 1);
  for (int j = 0; j < 6; ++j) {
    sum += kTerms[j] * factor;
    factor *= (power + 2 * j + 1) * (power + 2 * j + 2) / (x * x);
  }
  return sum;
}

struct PolygammaValue {
  template <class T>
  static T value(T x, double n) {
    const double sign = static_cast<int64_t>(n) % 2 ? 1 : -1;
    return static_cast<T>(sign * std::tgamma(n + 1) *
                          hurwitz_zeta(static_cast<int64_t>(n) + 1, static_cast<double>(x)));
  }
};

struct Digamma {
  static constexpr const char* kName = "digamma";
  template <class T>
  static T value(T x) {
    return static_cast<T>(digamma_of(static_cast<double>(x)));
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g * x.polygamma(1); }
};

struct Lgamma {
  static constexpr const char* kName = "lgamma";
  template <class T>
  static T value(T x) {
    return static_cast<T>(log_gamma(static_cast<double>(x)));
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g * x.digamma(); }
};

}  // namespace

Tensor Tensor::lgamma() const { return autograd::unary_op<Lgamma>(*this); }
Tensor Tensor::digamma() const { return autograd::unary_op<Digamma>(*this); }

Tensor Tensor::polygamma(int64_t n) const {
  check<ValueError>(n >= 0 && n <= 100, "[polygamma] n must be from 0 to 100, got {}", n);
  if (n == 0) return digamma();
  require_not_bool("polygamma", dtype());
  static constexpr kernel::UnaryLoops kLoops = kernel::unary_loops_of<PolygammaValue>();
  return autograd::record(autograd::op("polygamma", "n", n), kernel::unary(kLoops, *this, static_cast<double>(n)),
                          {*this},
                          [n, x = autograd::saved(*this)](const Tensor& g) { return g * x().polygamma(n + 1); });
}

}  // namespace weft
