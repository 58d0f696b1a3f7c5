// NaN, infinities, signed zeros, denormals and the ends of the range through every elementwise op, in the vectors and
// the tails of float32 and in float64: results are the C library's unless PyTorch documents others. Denormal values
// count as 0 with their sign, in and out.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

using namespace weft;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<double> specials() {
  using L = std::numeric_limits<T>;
  std::vector<double> v{kNan, 0,   0.5, 1,    1.5,  2,        3,        6,
                        20.5, 104, 710, 1e10, kInf, L::max(), L::min(), 5 * L::denorm_min()};
  for (size_t i = 1, n = v.size(); i < n; ++i) v.push_back(-v[i]);
  return v;
}

/// x with denormals flushed to zero.
template <class T>
double flushed(double x) {
  const auto rounded = static_cast<T>(x);
  return std::abs(rounded) < std::numeric_limits<T>::min() ? std::copysign(0.0, x) : static_cast<double>(rounded);
}

template <class T>
bool agree(double got, double want, double slack) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (want == 0 && got == 0) return std::signbit(want) == std::signbit(got) || slack > 0;
  if (want == got) return true;
  if (std::isinf(want) || std::isinf(got)) return false;
  // Between the smallest normal value and 0 is one rounding.
  const double least = std::numeric_limits<T>::min(), eps = std::numeric_limits<T>::epsilon();
  return std::abs(got - want) <= 4 * eps * std::abs(want) + slack * eps + (std::abs(want) <= 2 * least ? least : 0);
}

template <class T>
std::vector<double> numbers(const Tensor& x) {
  const Tensor y = x.detach().to(dtype_of<T>).contiguous();
  return {y.data_ptr<T>(), y.data_ptr<T>() + y.numel()};
}

/// Compares each element of `got` with want(i), and checks that equal arguments (i modulo `period`) give equal bits.
template <class T>
void hold(const std::string& name, const Tensor& got, size_t period, double slack,
          const std::function<double(size_t)>& want, const std::function<std::string(size_t)>& arguments) {
  const std::vector<double> y = numbers<T>(got);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t k = i % period;
    const double w = flushed<T>(want(k));
    BOOST_CHECK_MESSAGE(agree<T>(y[i], w, slack), name << " of " << arguments(k) << " in " << dtype_of<T> << " at " << i
                                                       << ": " << y[i] << ", not " << w);
    const bool same = std::memcmp(&y[i], &y[k], sizeof(double)) == 0 || (std::isnan(y[i]) && std::isnan(y[k]));
    BOOST_CHECK_MESSAGE(same, name << " of " << arguments(k) << " differs at " << k << " and " << i);
  }
}

struct UnaryRow {
  const char* name;
  Tensor (*op)(const Tensor&);
  double (*want)(double);
  double slack = 0;  ///< in epsilon; if above 0, the sign of a zero is not checked
};

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_of(double x) { return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double clamped(double x, double low, double high) { return std::isnan(x) ? x : std::min(std::max(x, low), high); }

#define WEFT_C(op)                                                                             \
  UnaryRow {                                                                                   \
#op, [](const Tensor& x) { return x.op(); }, [](double x) -> double { return std::op(x); } \
  }
#define WEFT_ROW(name, op, want, ...)                                                       \
  UnaryRow {                                                                                \
    name, [](const Tensor& x) -> Tensor { return op; },                                     \
        []([[maybe_unused]] double x) -> double { return want; } __VA_OPT__(, ) __VA_ARGS__ \
  }
const UnaryRow kUnary[] = {
    WEFT_C(abs),
    WEFT_C(floor),
    WEFT_C(ceil),
    WEFT_C(trunc),
    WEFT_C(exp),
    WEFT_C(expm1),
    WEFT_C(log),
    WEFT_C(log1p),
    WEFT_C(log2),
    WEFT_C(log10),
    WEFT_C(sqrt),
    WEFT_C(sin),
    WEFT_C(cos),
    WEFT_C(tan),
    WEFT_C(asin),
    WEFT_C(acos),
    WEFT_C(atan),
    WEFT_C(sinh),
    WEFT_C(cosh),
    WEFT_C(tanh),
    WEFT_C(erf),
    WEFT_C(erfc),
    WEFT_C(asinh),
    WEFT_C(acosh),
    WEFT_C(atanh),
    WEFT_C(exp2),
    WEFT_C(lgamma),
    WEFT_C(isnan),
    WEFT_C(isinf),
    WEFT_C(isfinite),
    WEFT_ROW("round", x.round(), std::nearbyint(x)),
    WEFT_ROW("neg", -x, -x),
    WEFT_ROW("sign", x.sign(), (x > 0) - (x < 0)),
    WEFT_ROW("square", x.square(), x* x),
    WEFT_ROW("relu", x.relu(), x <= 0 ? 0 : x),
    WEFT_ROW("rsqrt", x.rsqrt(), 1 / std::sqrt(x)),
    WEFT_ROW("reciprocal", x.reciprocal(), 1 / x),
    WEFT_ROW("sigmoid", x.sigmoid(), sigmoid_of(x), 1),
    WEFT_ROW("logical_not", x.logical_not(), x == 0),
    WEFT_ROW("clamp", x.clamp(-1.5, 1.5), clamped(x, -1.5, 1.5)),
    WEFT_ROW("clamp_min", x.clamp_min(0.5), clamped(x, 0.5, kInf)),
    WEFT_ROW("clamp_max", x.clamp_max(0.5), clamped(x, -kInf, 0.5)),
    WEFT_ROW("clamp to infinities", x.clamp(-kInf, kInf), x),
    WEFT_ROW("clamp to crossed bounds", x.clamp(1.0, -1.0), std::isnan(x) ? x : -1),
    WEFT_ROW("clamp to NaN", x.clamp(kNan, 1.0), kNan),
    WEFT_ROW("clamp_max to NaN", x.clamp_max(kNan), kNan),
    WEFT_ROW("pow 0", x.pow(0), std::pow(x, 0)),
    WEFT_ROW("pow 1", x.pow(1), std::pow(x, 1)),
    WEFT_ROW("pow 2", x.pow(2), x* x),
    WEFT_ROW("pow 3", x.pow(3), std::pow(x, 3)),
    WEFT_ROW("pow 0.5", x.pow(0.5), std::pow(x, 0.5)),
    WEFT_ROW("pow -1", x.pow(-1), std::pow(x, -1)),
    WEFT_ROW("pow 2.5", x.pow(2.5), std::pow(x, 2.5)),
    WEFT_ROW("pow NaN", x.pow(kNan), std::pow(x, kNan)),
    WEFT_ROW("pow inf", x.pow(kInf), std::pow(x, kInf)),
    WEFT_ROW("x + 1", x + 1, x + 1),
    WEFT_ROW("1 - x", 1 - x, 1 - x),
    WEFT_ROW("x * 0", x * 0, x * 0),
    WEFT_ROW("x / 0", x / 0.0, x / 0.0),
    WEFT_ROW("0 / x", 0.0 / x, 0.0 / x),
    WEFT_ROW("x == NaN", x == kNan, 0),
    WEFT_ROW("x < 1", x < 1, x < 1),
    WEFT_ROW("leaky_relu", leaky_relu(x, 0.25), x > 0 ? x : 0.25 * x),
    WEFT_ROW("elu", elu(x, 1), x > 0 ? x : std::expm1(x), 1),
    WEFT_ROW("celu", celu(x, 1.5), x > 0 ? x : 1.5 * std::expm1(x / 1.5), 1),
    WEFT_ROW("gelu", gelu(x), x*(0.5 * std::erfc(-x * M_SQRT1_2)), 2),
    WEFT_ROW("silu", silu(x), x* sigmoid_of(x), 2),
    WEFT_ROW("mish", mish(x), x* std::tanh(softplus_of(x)), 4),
    WEFT_ROW("softplus", softplus(x, 1, 20), x > 20 ? x : softplus_of(x), 1),
    WEFT_ROW("softsign", softsign(x), x / (1 + std::abs(x)), 1),
    WEFT_ROW("hardtanh", hardtanh(x, -1, 1), clamped(x, -1, 1)),
    WEFT_ROW("relu6", relu6(x), clamped(x, 0, 6), 1),
    WEFT_ROW("logsigmoid", logsigmoid(x), -softplus_of(-x), 1),
    WEFT_ROW("tanhshrink", tanhshrink(x), x - std::tanh(x), 1),
    WEFT_ROW("hardshrink", hardshrink(x, 0.5), x >= -0.5 && x <= 0.5 ? 0 : x),
    WEFT_ROW("softshrink", softshrink(x, 0.5),
             x > 0.5         ? x - 0.5
             : x < -0.5      ? x + 0.5
             : std::isnan(x) ? x
                             : 0,
             1),
    WEFT_ROW("threshold", threshold(x, 0.5, 20), x <= 0.5 ? 20 : x),
    WEFT_ROW("hardsigmoid", hardsigmoid(x), clamped(x / 6 + 0.5, 0, 1), 1),
    WEFT_ROW("hardswish", hardswish(x),
             x <= -3  ? 0
             : x >= 3 ? x
                      : x * (x / 6 + 0.5),
             1),
};

struct BinaryRow {
  const char* name;
  Tensor (*op)(const Tensor&, const Tensor&);
  double (*want)(double, double);
};
double floor_quotient(double a, double b) {
  if (b == 0) return a / b;
  const double rest = std::fmod(a, b);
  const double q = (a - rest) / b - (rest != 0 && (rest < 0) != (b < 0));
  return q != 0 ? std::round(q) : std::copysign(0.0, a / b);
}
double remainder_of(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
double greater(double a, double b) { return a > b || std::isnan(a) ? a : b; }
double lesser(double a, double b) { return a < b || std::isnan(a) ? a : b; }

#define WEFT_TWO(name, op, want)                                         \
  BinaryRow {                                                            \
    name, [](const Tensor& a, const Tensor& b) -> Tensor { return op; }, \
        [](double a, double b) -> double { return want; }                \
  }
const BinaryRow kBinary[] = {
    WEFT_TWO("add", a + b, a + b),
    WEFT_TWO("sub", a - b, a - b),
    WEFT_TWO("mul", a* b, a* b),
    WEFT_TWO("div", a / b, a / b),
    WEFT_TWO("maximum", a.maximum(b), greater(a, b)),
    WEFT_TWO("minimum", a.minimum(b), lesser(a, b)),
    WEFT_TWO("pow", a.pow(b), std::pow(a, b)),
    WEFT_TWO("atan2", a.atan2(b), std::atan2(a, b)),
    WEFT_TWO("hypot", a.hypot(b), std::hypot(a, b)),
    WEFT_TWO("copysign", a.copysign(b), std::copysign(a, b)),
    WEFT_TWO("fmod", a.fmod(b), std::fmod(a, b)),
    WEFT_TWO("remainder", a.remainder(b), remainder_of(a, b)),
    WEFT_TWO("eq", a.eq(b), a == b),
    WEFT_TWO("ne", a.ne(b), a != b),
    WEFT_TWO("lt", a.lt(b), a < b),
    WEFT_TWO("le", a.le(b), a <= b),
    WEFT_TWO("gt", a.gt(b), a > b),
    WEFT_TWO("ge", a.ge(b), a >= b),
    WEFT_TWO("logical_and", a.logical_and(b), a != 0 && b != 0),
    WEFT_TWO("logical_or", a.logical_or(b), a != 0 || b != 0),
    WEFT_TWO("logical_xor", a.logical_xor(b), (a != 0) != (b != 0)),
    WEFT_TWO("where", where(a > b, a, b), a > b ? a : b),
};

template <class T>
void hold_unary(int64_t& count) {
  const std::vector<double> v = specials<T>();
  std::vector<double> three;
  for (int i = 0; i < 3; ++i) three.insert(three.end(), v.begin(), v.end());
  const Tensor x = tensor(three, kFloat64).to(dtype_of<T>);
  for (const UnaryRow& row : kUnary) {
    hold<T>(
        row.name, row.op(x), v.size(), row.slack, [&](size_t i) { return row.want(flushed<T>(v[i])); },
        [&](size_t i) { return std::to_string(v[i]); });
    count += static_cast<int64_t>(three.size());
  }
}

template <class T>
void hold_binary(int64_t& count) {
  const std::vector<double> v = specials<T>();
  std::vector<double> a, b;
  for (int i = 0; i < 2; ++i)
    for (double x : v)
      for (double y : v) a.push_back(x), b.push_back(y);
  const size_t period = v.size() * v.size();
  const Tensor x = tensor(a, kFloat64).to(dtype_of<T>), y = tensor(b, kFloat64).to(dtype_of<T>);
  for (const BinaryRow& row : kBinary) {
    hold<T>(
        row.name, row.op(x, y), period, 0, [&](size_t i) { return row.want(flushed<T>(a[i]), flushed<T>(b[i])); },
        [&](size_t i) { return fmt::format("{}, {}", a[i], b[i]); });
    count += static_cast<int64_t>(a.size());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(special_values)

BOOST_AUTO_TEST_CASE(of_one_number) {
  int64_t count = 0;
  hold_unary<float>(count);
  hold_unary<double>(count);
  BOOST_TEST_MESSAGE(count << " values of " << std::size(kUnary) << " ops");
}

BOOST_AUTO_TEST_CASE(of_two_numbers) {
  int64_t count = 0;
  hold_binary<float>(count);
  hold_binary<double>(count);
  BOOST_TEST_MESSAGE(count << " values of " << std::size(kBinary) << " ops");
}

BOOST_AUTO_TEST_CASE(floor_divide_of_infinities) {
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const std::vector<double> a{-1, 1, -1, 1, kInf, 0, -0.0, 7, -7, 7, 1, 0, 5e-1},
        b{kInf, kInf, -kInf, -kInf, 1, 3, 3, 2, 2, -2, 0, 0, 0.1};
    const Tensor got = tensor(a, kFloat64).to(dtype).floor_divide(tensor(b, kFloat64).to(dtype)).to(kFloat64);
    for (size_t i = 0; i < a.size(); ++i) {
      const double want = floor_quotient(static_cast<double>(static_cast<float>(a[i])), b[i]),
                   y = got.data_ptr<double>()[i];
      BOOST_CHECK_MESSAGE(agree<double>(y, want, 0) || (a[i] == 0.5 && (y == 4 || y == 5)),
                          a[i] << " // " << b[i] << ": " << y);
    }
  }
}

namespace {

struct SlopeRow {
  const char* name;
  Tensor (*op)(const Tensor&);
  double at, want;
};
struct SlopesRow {
  const char* name;
  Tensor (*op)(const Tensor&, const Tensor&);
  double a, b, want_a, want_b;
};
#define WEFT_SLOPE(name, op, at, want)                           \
  SlopeRow {                                                     \
    name, [](const Tensor& x) -> Tensor { return op; }, at, want \
  }
#define WEFT_SLOPES(name, op, a, b, want_a, want_b)                                           \
  SlopesRow {                                                                                 \
    name, [](const Tensor& x, const Tensor& y) -> Tensor { return op; }, a, b, want_a, want_b \
  }

const SlopeRow kSlopes[] = {
    WEFT_SLOPE("relu", x.relu(), 0, 0),
    WEFT_SLOPE("relu", x.relu(), kNan, 1),
    WEFT_SLOPE("relu", x.relu(), kInf, 1),
    WEFT_SLOPE("abs", x.abs(), 0, 0),
    WEFT_SLOPE("abs", x.abs(), -0.0, 0),
    WEFT_SLOPE("abs", x.abs(), kNan, 0),
    WEFT_SLOPE("abs", x.abs(), -kInf, -1),
    WEFT_SLOPE("sqrt", x.sqrt(), 0, kInf),
    WEFT_SLOPE("sqrt", x.sqrt(), kInf, 0),
    WEFT_SLOPE("rsqrt", x.rsqrt(), 0, -kInf),
    WEFT_SLOPE("log", x.log(), 0, kInf),
    WEFT_SLOPE("log2", x.log2(), 1e-37, 1 / (1e-37 * M_LN2)),
    WEFT_SLOPE("reciprocal", x.reciprocal(), kInf, 0),
    WEFT_SLOPE("clamp", x.clamp(-1, 1), -1, 1),
    WEFT_SLOPE("clamp", x.clamp(-1, 1), 1, 1),
    WEFT_SLOPE("clamp", x.clamp(-1, 1), 2, 0),
    WEFT_SLOPE("clamp", x.clamp(-1, 1), kNan, 0),
    WEFT_SLOPE("hardtanh", hardtanh(x, -1, 1), 1, 0),
    WEFT_SLOPE("relu6", relu6(x), 0, 0),
    WEFT_SLOPE("relu6", relu6(x), 6, 0),
    WEFT_SLOPE("leaky_relu", leaky_relu(x, 0.25), 0, 0.25),
    WEFT_SLOPE("elu", elu(x, 2), 0, 2),
    WEFT_SLOPE("hardshrink", hardshrink(x, 0.5), 0.5, 0),
    WEFT_SLOPE("softshrink", softshrink(x, 0.5), -0.5, 0),
    WEFT_SLOPE("threshold", threshold(x, 0.5, 9), 0.5, 0),
    WEFT_SLOPE("hardsigmoid", hardsigmoid(x), 3, 0),
    WEFT_SLOPE("softplus", softplus(x, 1, 20), kInf, 1),
    WEFT_SLOPE("softsign", softsign(x), kInf, 0),
    WEFT_SLOPE("gelu tanh", gelu(x, "tanh"), -1e30, 0),
    WEFT_SLOPE("pow 0", x.pow(0), 0, 0),
    WEFT_SLOPE("pow 1", x.pow(1), 0, 1),
    WEFT_SLOPE("pow 2", x.pow(2), 0, 0),
    WEFT_SLOPE("pow 0.5", x.pow(0.5), 0, kInf),
    WEFT_SLOPE("x log x", x* x.log(), 0, kNan),
    WEFT_SLOPE("norm", x.norm(2), 0, 0),
    WEFT_SLOPE("norm1", x.norm(1), 0, 0),
    WEFT_SLOPE("norminf", x.norm(kInf), 0, 0),
    WEFT_SLOPE("std", cat({x, x}).std(), 3, 0),
    WEFT_SLOPE("logsumexp", x.logsumexp(0), -3, 1),
};
const SlopesRow kSlopesOfTwo[] = {
    WEFT_SLOPES("maximum", x.maximum(y), 2, 2, 0.5, 0.5),
    WEFT_SLOPES("maximum", x.maximum(y), kNan, 2, 1, 1),
    WEFT_SLOPES("maximum", x.maximum(y), 3, 2, 1, 0),
    WEFT_SLOPES("minimum", x.minimum(y), 2, kNan, 1, 1),
    WEFT_SLOPES("minimum", x.minimum(y), -kInf, 1, 1, 0),
    WEFT_SLOPES("pow", x.pow(y), 0, 0, 0, 0),
    WEFT_SLOPES("pow", x.pow(y), 0, 2, 0, 0),
    WEFT_SLOPES("pow", x.pow(y), 0, 1, 1, 0),
    WEFT_SLOPES("pow", x.pow(y), 2, 0, 0, M_LN2),
    WEFT_SLOPES("remainder", x.remainder(y), -1, kInf, 1, 1),
    WEFT_SLOPES("remainder", x.remainder(y), 7, 2, 1, -3),
    WEFT_SLOPES("fmod", x.fmod(y), -7, 2, 1, 3),
    WEFT_SLOPES("smooth_l1", smooth_l1_loss(x, y), kNan, 0, kNan, kNan),
    WEFT_SLOPES("huber", huber_loss(x, y), kNan, 0, kNan, kNan),
    WEFT_SLOPES("l1", l1_loss(x, y), 1, 1, 0, 0),
    WEFT_SLOPES("huber", huber_loss(x, y), 1, 0, 1, -1),
    WEFT_SLOPES("div", x / y, 1, 0, kInf, -kInf),
    WEFT_SLOPES("lerp", x.lerp(y, 1.0), 1e8, 1, 0, 1),
};

bool same_slope(double got, double want) {
  return (std::isnan(got) && std::isnan(want)) || got == want || std::abs(got - want) <= 1e-6 * std::abs(want);
}

}  // namespace

BOOST_AUTO_TEST_CASE(slopes) {
  for (Dtype dtype : {kFloat32, kFloat64}) {
    for (const SlopeRow& row : kSlopes) {
      const Tensor x = full({1}, row.at, dtype).set_requires_grad(true);
      row.op(x).sum().backward();
      const double got = x.grad().defined() ? x.grad().item<double>() : 0;
      BOOST_CHECK_MESSAGE(same_slope(got, row.want),
                          row.name << " at " << row.at << " has slope " << got << ", not " << row.want);
    }
    for (const SlopesRow& row : kSlopesOfTwo) {
      const Tensor a = full({1}, row.a, dtype).set_requires_grad(true),
                   b = full({1}, row.b, dtype).set_requires_grad(true);
      row.op(a, b).sum().backward();
      const double da = a.grad().item<double>(), db = b.grad().item<double>();
      BOOST_CHECK_MESSAGE(same_slope(da, row.want_a) && same_slope(db, row.want_b),
                          row.name << " at " << row.a << ", " << row.b << " has slopes " << da << ", " << db);
    }
  }
}

BOOST_AUTO_TEST_CASE(lerp_ends_at_its_ends) {
  const Tensor a = full({9}, 1e8), b = full({9}, 1.0);
  BOOST_CHECK(a.lerp(b, 1.0).equal(b));
  BOOST_CHECK(a.lerp(b, 0.0).equal(a));
}

BOOST_AUTO_TEST_SUITE_END()
