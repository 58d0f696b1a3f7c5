// Rows of the elementwise ops.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/functions.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;

struct Unary {
  const char* name;
  Tensor (Tensor::*f)() const;
  double (*value)(double);
  double low, high;
};

constexpr double kAlmostOne = 0.95;

/// x with f(x) = y, by bisection of an increasing function.
double solve(double y, double (*f)(double), double low, double high) {
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (f(middle) < y ? low : high) = middle;
  }
  return low;
}

/// digamma (n = 0) and polygamma as the sum of their poles, and an integral for the rest of the sum.
double polygamma_sum(int n, double x) {
  constexpr int kTerms = 1000;
  const double far = x + kTerms - 0.5;  // the sum from kTerms on is nearly an integral from half a step before
  double sum = 0;
  if (n == 0) {
    for (int k = kTerms - 1; k >= 0; --k) sum -= 1 / (x + k);
    return sum + std::log(far) + 1 / (24 * far * far);
  }
  for (int k = kTerms - 1; k >= 0; --k) sum += std::pow(x + k, -n - 1);
  const double rest = std::pow(far, -n) / n - (n + 1) * std::pow(far, -n - 2) / 24;
  return (n % 2 ? 1 : -1) * std::tgamma(n + 1) * (sum + rest);
}
const Unary kUnary[] = {
    {"neg", &Tensor::neg, [](double x) { return -x; }, -2, 2},
    {"abs", &Tensor::abs, [](double x) { return std::fabs(x); }, -2, 2},
    {"exp", &Tensor::exp, [](double x) { return std::exp(x); }, -3, 3},
    {"log", &Tensor::log, [](double x) { return std::log(x); }, 0.3, 3},
    {"log2", &Tensor::log2, [](double x) { return std::log2(x); }, 0.3, 3},
    {"log10", &Tensor::log10, [](double x) { return std::log10(x); }, 0.3, 3},
    {"log1p", &Tensor::log1p, [](double x) { return std::log1p(x); }, -0.6, 3},
    {"expm1", &Tensor::expm1, [](double x) { return std::expm1(x); }, -2, 2},
    {"sqrt", &Tensor::sqrt, [](double x) { return std::sqrt(x); }, 0.3, 3},
    {"rsqrt", &Tensor::rsqrt, [](double x) { return 1 / std::sqrt(x); }, 0.3, 3},
    {"sin", &Tensor::sin, [](double x) { return std::sin(x); }, -4, 4},
    {"cos", &Tensor::cos, [](double x) { return std::cos(x); }, -4, 4},
    {"tan", &Tensor::tan, [](double x) { return std::tan(x); }, -1.2, 1.2},
    {"asin", &Tensor::asin, [](double x) { return std::asin(x); }, -kAlmostOne, kAlmostOne},
    {"acos", &Tensor::acos, [](double x) { return std::acos(x); }, -kAlmostOne, kAlmostOne},
    {"atan", &Tensor::atan, [](double x) { return std::atan(x); }, -3, 3},
    {"sinh", &Tensor::sinh, [](double x) { return std::sinh(x); }, -2, 2},
    {"cosh", &Tensor::cosh, [](double x) { return std::cosh(x); }, -2, 2},
    {"tanh", &Tensor::tanh, [](double x) { return std::tanh(x); }, -2, 2},
    {"sigmoid", &Tensor::sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -4, 4},
    {"reciprocal", &Tensor::reciprocal, [](double x) { return 1 / x; }, 0.3, 3},
    {"square", &Tensor::square, [](double x) { return x * x; }, -2, 2},
    {"erfc", &Tensor::erfc, [](double x) { return std::erfc(x); }, -2, 2},
    {"erfinv", &Tensor::erfinv,
     [](double x) {
       return solve(
           x, [](double y) { return std::erf(y); }, -3, 3);
     },
     -0.9, 0.9},
    {"asinh", &Tensor::asinh, [](double x) { return std::log(x + std::sqrt(x * x + 1)); }, -3, 3},
    {"acosh", &Tensor::acosh, [](double x) { return std::log(x + std::sqrt(x * x - 1)); }, 1.3, 4},
    {"atanh", &Tensor::atanh, [](double x) { return 0.5 * std::log((1 + x) / (1 - x)); }, -0.9, 0.9},
    {"exp2", &Tensor::exp2, [](double x) { return std::pow(2, x); }, -3, 3},
    {"lgamma", &Tensor::lgamma, [](double x) { return std::log(std::abs(std::tgamma(x))); }, 0.3, 4},
    {"lgamma of negative numbers", &Tensor::lgamma, [](double x) { return std::log(std::abs(std::tgamma(x))); }, -2.9,
     -2.1},
    {"digamma", &Tensor::digamma, [](double x) { return polygamma_sum(0, x); }, 0.3, 4},
    {"digamma of negative numbers", &Tensor::digamma, [](double x) { return polygamma_sum(0, x); }, -1.9, -1.1},
    {"frac", &Tensor::frac, [](double x) { return x - std::trunc(x); }, -2.9, 2.9},
    {"sinc", &Tensor::sinc, [](double x) { return x == 0 ? 1 : std::sin(M_PI * x) / (M_PI * x); }, 0.5, 2.1},
    {"erf", &Tensor::erf, [](double x) { return std::erf(x); }, -2, 2},
    {"floor", &Tensor::floor, [](double x) { return std::floor(x); }, -3, 3},
    {"ceil", &Tensor::ceil, [](double x) { return std::ceil(x); }, -3, 3},
    {"round", &Tensor::round, [](double x) { return std::nearbyint(x); }, -3, 3},
    {"trunc", &Tensor::trunc, [](double x) { return std::trunc(x); }, -3, 3},
    {"sign", &Tensor::sign, [](double x) { return x > 0   ? 1.
                                                  : x < 0 ? -1.
                                                          : 0.; }, -2, 2},
    {"relu", &Tensor::relu, [](double x) { return x > 0 ? x : 0; }, -2, 2},
};

OpRow unary_row(const Unary& u) {
  return {u.name,
          returns([f = u.f](In in) { return (in[0].*f)(); }),
          [=] {
            return TensorList{spread({3, 7}, u.low, u.high)};
          },
          returns([value = u.value](In in) { return map(in[0], value); }),
          [f = u.f] { (Tensor().*f)(); },
          [=] {
            return TensorList{spread({311, 207}, u.low, u.high)};
          }};
}

using T = const Tensor&;
using Binary = Tensor (*)(T, T);

/// A row for each way of broadcasting, so that a failure shows which is wrong.
void add_binary(std::vector<OpRow>& rows, const std::string& name, Binary f, double (*value)(double, double),
                double low = -2, double high = 2) {
  struct Shapes {
    const char* what;
    Dims a, b;
  };
  const Shapes ways[] = {
      {" same", {3, 4}, {3, 4}}, {" row", {3, 5}, {5}}, {" column", {3, 5}, {3, 1}}, {" number", {3, 3}, {}}};
  for (const Shapes& s : ways)
    rows.push_back({name + s.what, returns([f](In in) { return f(in[0], in[1]); }),
                    [=] {
                      return TensorList{spread(s.a, low, high), spread(s.b, low + 0.013, high + 0.02, 7)};
                    },
                    returns([value](In in) { return map2(in[0], in[1], value); }),
                    [f] {
                      f(zeros({2, 3}), zeros({4}));
                    }});
  rows.push_back({name + " both", returns([f](In in) { return f(in[0], in[1]); }),
                  [=] {
                    return TensorList{spread({2, 1, 3}, low, high), spread({4, 1}, low + 0.013, high + 0.02, 7)};
                  },
                  returns([value](In in) {
                    return map2(in[0].expand({2, 4, 3}), in[1], value);
                  }),
                  [f] {
                    f(zeros({2, 3, 1}), zeros({4, 5}));
                  },
                  [=] {
                    return TensorList{spread({90, 1, 301}, low, high), spread({5, 1}, low + 0.013, high, 7)};
                  }});
}

/// An op of one tensor and scalars.
OpRow with_numbers(const std::string& name, std::function<Tensor(T)> f, double (*value)(double), double low = -2,
                   double high = 2) {
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [=] {
            return TensorList{spread({4, 5}, low, high)};
          },
          returns([value](In in) { return map(in[0], value); }),
          [f] { f(Tensor()); },
          [=] {
            return TensorList{spread({311, 207}, low, high)};
          }};
}

std::vector<OpRow> rows() {
  std::vector<OpRow> all;
  for (const Unary& u : kUnary) all.push_back(unary_row(u));
  all.push_back(with_numbers(
      "polygamma", [](T x) { return x.polygamma(1); }, [](double x) { return polygamma_sum(1, x); }, 0.4, 4));
  all.push_back(
      with_numbers(
          "polygamma 2", [](T x) { return x.polygamma(2); }, [](double x) { return polygamma_sum(2, x); }, -0.9, -0.1)
          .with_bad([] { ones({2}).polygamma(-1); }));
  all.push_back(with_numbers(
      "logit", [](T x) { return x.logit(); }, [](double x) { return std::log(x / (1 - x)); }, 0.1, 0.9));
  all.push_back(with_numbers(
                    "logit eps", [](T x) { return x.logit(0.2); },
                    [](double x) {
                      const double z = std::min(std::max(x, 0.2), 0.8);
                      return std::log(z / (1 - z));
                    },
                    -0.3, 1.3)
                    .with_bad([] { ones({2}).logit(0.7); }));
  all.push_back(with_numbers(
      "nan_to_num",
      [](T x) { return where(x.gt(1), std::numeric_limits<double>::infinity(), x).nan_to_num(3, 7.5, -2); },
      [](double x) { return x > 1 ? 7.5 : x; }));

  add_binary(
      all, "add", [](T a, T b) { return a + b; }, [](double a, double b) { return a + b; });
  add_binary(
      all, "add alpha", [](T a, T b) { return a.add(b, 2.5); }, [](double a, double b) { return a + 2.5 * b; });
  add_binary(
      all, "sub", [](T a, T b) { return a - b; }, [](double a, double b) { return a - b; });
  add_binary(
      all, "sub alpha", [](T a, T b) { return a.sub(b, 2.5); }, [](double a, double b) { return a - 2.5 * b; });
  add_binary(
      all, "rsub", [](T a, T b) { return a.rsub(b); }, [](double a, double b) { return b - a; });
  add_binary(
      all, "mul", [](T a, T b) { return a * b; }, [](double a, double b) { return a * b; });
  add_binary(
      all, "div", [](T a, T b) { return a / b; }, [](double a, double b) { return a / b; }, 0.4, 2);
  add_binary(
      all, "pow", [](T a, T b) { return a.pow(b); }, [](double a, double b) { return std::pow(a, b); }, 0.4, 2);
  add_binary(
      all, "atan2", [](T a, T b) { return a.atan2(b); }, [](double a, double b) { return std::atan2(a, b); }, 0.2);
  add_binary(
      all, "hypot", [](T a, T b) { return a.hypot(b); }, [](double a, double b) { return std::sqrt(a * a + b * b); },
      0.2);
  add_binary(
      all, "logaddexp", [](T a, T b) { return a.logaddexp(b * 2); },
      [](double a, double b) { return std::log(std::exp(a) + std::exp(2 * b)); });
  add_binary(
      all, "xlogy", [](T a, T b) { return a.xlogy(b); }, [](double a, double b) { return a * std::log(b); }, 0.2);
  add_binary(
      all, "copysign", [](T a, T b) { return a.copysign(b); }, [](double a, double b) { return std::copysign(a, b); });
  add_binary(
      all, "maximum", [](T a, T b) { return a.maximum(b); }, [](double a, double b) { return a > b ? a : b; });
  add_binary(
      all, "minimum", [](T a, T b) { return a.minimum(b); }, [](double a, double b) { return a < b ? a : b; });
  add_binary(
      all, "max", [](T a, T b) { return a.max(b); }, [](double a, double b) { return a > b ? a : b; });
  add_binary(
      all, "min", [](T a, T b) { return a.min(b); }, [](double a, double b) { return a < b ? a : b; });
  add_binary(
      all, "remainder", [](T a, T b) { return a.remainder(b); },
      [](double a, double b) { return a - b * std::floor(a / b); }, 0.55, 3);
  add_binary(
      all, "fmod", [](T a, T b) { return a.fmod(b); }, [](double a, double b) { return std::fmod(a, b); }, 0.55, 3);
  add_binary(
      all, "floor_divide", [](T a, T b) { return a.floor_divide(b); },
      [](double a, double b) { return std::floor(a / b); }, 0.55, 3);

  all.push_back(with_numbers(
      "add number", [](T x) { return x + 1.5; }, [](double x) { return x + 1.5; }));
  all.push_back(with_numbers(
      "sub number", [](T x) { return x - 1.5; }, [](double x) { return x - 1.5; }));
  all.push_back(with_numbers(
      "number sub", [](T x) { return 1.5 - x; }, [](double x) { return 1.5 - x; }));
  all.push_back(with_numbers(
      "mul number", [](T x) { return -2.5 * x; }, [](double x) { return -2.5 * x; }));
  all.push_back(with_numbers(
      "div number", [](T x) { return x / 1.5; }, [](double x) { return x / 1.5; }));
  all.push_back(with_numbers(
      "number div", [](T x) { return 1.5 / x; }, [](double x) { return 1.5 / x; }, 0.3));
  all.push_back(with_numbers(
      "pow number", [](T x) { return x.pow(2.5); }, [](double x) { return std::pow(x, 2.5); }, 0.3));
  all.push_back(with_numbers(
      "pow 0", [](T x) { return x.pow(0); }, [](double) { return 1.; }));
  all.push_back(with_numbers(
      "pow 3", [](T x) { return x.pow(3); }, [](double x) { return x * x * x; }));
  all.push_back(with_numbers(
      "remainder number", [](T x) { return x.remainder(0.7); },
      [](double x) { return x - 0.7 * std::floor(x / 0.7); }));
  all.push_back(with_numbers(
      "fmod number", [](T x) { return x.fmod(0.7); }, [](double x) { return std::fmod(x, 0.7); }));
  all.push_back(with_numbers(
      "floor_divide number", [](T x) { return x.floor_divide(0.7); }, [](double x) { return std::floor(x / 0.7); }));
  all.push_back(with_numbers(
      "clamp", [](T x) { return x.clamp(-0.5, 0.5); }, [](double x) { return x < -0.5  ? -0.5
                                                                             : x > 0.5 ? 0.5
                                                                                       : x; }));
  all.push_back(with_numbers(
      "clamp below", [](T x) { return x.clamp(-0.5); }, [](double x) { return std::fmax(x, -0.5); }));
  all.push_back(with_numbers(
      "clamp_min", [](T x) { return x.clamp_min(0.3); }, [](double x) { return std::fmax(x, 0.3); }));
  all.push_back(with_numbers(
      "clamp_max", [](T x) { return x.clamp_max(0.3); }, [](double x) { return std::fmin(x, 0.3); }));

  add_binary(
      all, "lerp", [](T a, T b) { return a.lerp(b, 0.3); }, [](double a, double b) { return a + 0.3 * (b - a); });
  const auto three = [] { return TensorList{spread({3, 4}), spread({3, 4}, -1, 3, 2), spread({4}, 0.5, 2, 3)}; };
  const auto three_large = [] {
    return TensorList{spread({300, 401}), spread({300, 401}, -1, 3, 2), spread({401}, 0.5, 2, 3)};
  };
  all.push_back({"addcmul", returns([](In in) { return in[0].addcmul(in[1], in[2], 0.7); }), three, returns([](In in) {
                   return map2(in[0], map2(in[1], in[2], [](double a, double b) { return a * b; }),
                               [](double x, double p) { return x + 0.7 * p; });
                 }),
                 [] { zeros({2}).addcmul(zeros({3}), zeros({3})); }, three_large});
  all.push_back({"addcdiv", returns([](In in) { return in[0].addcdiv(in[1], in[2], 0.7); }), three, returns([](In in) {
                   return map2(in[0], map2(in[1], in[2], [](double a, double b) { return a / b; }),
                               [](double x, double q) { return x + 0.7 * q; });
                 }),
                 [] { zeros({2}).addcdiv(zeros({3}), zeros({3})); }, three_large});
  all.push_back({"where", returns([](In in) { return where(in[2] > 0, in[0], in[1]); }),
                 [] {
                   return TensorList{spread({3, 4}), spread({4}, -1, 3, 2), fixed({3, 1})};
                 },
                 returns([](In in) {
                   const Tensor c = in[2].expand({3, 4});
                   return map2(c, in[0], [](double c, double a) { return c > 0 ? a : 0; }) +
                          map2(c, in[1], [](double c, double b) { return c > 0 ? 0 : b; });
                 }),
                 [] { where(zeros({2}, kBool), zeros({3}), zeros({3})); },
                 [] {
                   return TensorList{spread({300, 401}), spread({401}, -1, 3, 2), fixed({300, 1})};
                 }});
  all.push_back(
      {"where number", returns([](In in) { return where(in[0] > 0, in[0], 0.5) * where(in[0] > 1, 2., in[0]); }),
       [] {
         return TensorList{spread({3, 4})};
       },
       returns([](In in) { return map(in[0], [](double x) { return (x > 0 ? x : 0.5) * (x > 1 ? 2. : x); }); }),
       [] { where(zeros({2}), zeros({2}), 1.); }});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_elementwise)
WEFT_ROW_TESTS(rows)
BOOST_AUTO_TEST_SUITE_END()
