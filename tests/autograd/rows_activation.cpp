// Rows of the activations, softmax, prelu and dropout.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;
using std::exp, std::log1p, std::tanh;

double sigmoid_of(double x) { return 1 / (1 + exp(-x)); }
double softplus_of(double x) { return log1p(exp(x)); }

OpRow row(const std::string& name, std::function<Tensor(T)> f, double (*value)(double), double low = -3,
          double high = 3) {
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [=] {
            return TensorList{spread({4, 9}, low, high)};
          },
          returns([value](In in) { return map(in[0], value); }),
          [f] { f(Tensor()); },
          [=] {
            return TensorList{spread({311, 207}, low, high)};
          }};
}

std::vector<OpRow> elementwise_rows() {
  return {
      row(
          "relu", [](T x) { return x.relu(); }, [](double x) { return x > 0 ? x : 0; }),
      row(
          "leaky_relu", [](T x) { return leaky_relu(x, 0.1); }, [](double x) { return x > 0 ? x : 0.1 * x; }),
      row(
          "elu", [](T x) { return elu(x, 1.3); }, [](double x) { return x > 0 ? x : 1.3 * std::expm1(x); }),
      row(
          "selu", [](T x) { return selu(x); },
          [](double x) { return 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * std::expm1(x)); }),
      row(
          "celu", [](T x) { return celu(x, 0.7); }, [](double x) { return x > 0 ? x : 0.7 * std::expm1(x / 0.7); }),
      row(
          "gelu", [](T x) { return gelu(x); }, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.))); }),
      row(
          "gelu tanh", [](T x) { return gelu(x, "tanh"); },
          [](double x) { return 0.5 * x * (1 + tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); })
          .with_bad([] { gelu(zeros({2}), "sigmoid"); }),
      row(
          "silu", [](T x) { return silu(x); }, [](double x) { return x * sigmoid_of(x); }),
      row(
          "mish", [](T x) { return mish(x); }, [](double x) { return x * tanh(softplus_of(x)); }),
      row(
          "softplus", [](T x) { return softplus(x, 2); }, [](double x) { return softplus_of(2 * x) / 2; }),
      row(
          "softplus linear part", [](T x) { return softplus(x, 1, 0.5); },
          [](double x) { return x > 0.5 ? x : softplus_of(x); }),
      row(
          "softsign", [](T x) { return softsign(x); }, [](double x) { return x / (1 + std::fabs(x)); }),
      row(
          "hardtanh", [](T x) { return hardtanh(x, -0.5, 0.7); },
          [](double x) { return x < -0.5  ? -0.5
                                : x > 0.7 ? 0.7
                                          : x; })
          .with_bad([] { hardtanh(zeros({2}), 1, -1); }),
      row(
          "relu6", [](T x) { return relu6(x); }, [](double x) { return x < 0   ? 0
                                                                       : x > 6 ? 6
                                                                               : x; }, -2, 8),
      row(
          "logsigmoid", [](T x) { return logsigmoid(x); }, [](double x) { return -softplus_of(-x); }),
      row(
          "logsigmoid of large numbers", [](T x) { return logsigmoid(x); },
          [](double x) { return x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x)); }, -200, 200),
      row(
          "tanhshrink", [](T x) { return tanhshrink(x); }, [](double x) { return x - tanh(x); }),
      row(
          "hardshrink", [](T x) { return hardshrink(x, 0.4); }, [](double x) { return std::fabs(x) > 0.4 ? x : 0; }),
      row(
          "softshrink", [](T x) { return softshrink(x, 0.4); },
          [](double x) { return x > 0.4    ? x - 0.4
                                : x < -0.4 ? x + 0.4
                                           : 0; }),
      row(
          "threshold", [](T x) { return threshold(x, 0.1, -2); }, [](double x) { return x > 0.1 ? x : -2; }),
      row(
          "hardswish", [](T x) { return hardswish(x); },
          [](double x) { return x * std::min(std::max(x + 3, 0.), 6.) / 6; }, -5, 5),
      row(
          "hardsigmoid", [](T x) { return hardsigmoid(x); },
          [](double x) { return std::min(std::max(x + 3, 0.), 6.) / 6; }, -5, 5),
  };
}

/// softmax and log_softmax over a dimension.
OpRow normalised(const std::string& name, std::function<Tensor(T)> f, int64_t dim, bool log, double high = 2) {
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [high] {
            return TensorList{spread({3, 4, 5}, -high, high)};
          },
          returns([=](In in) {
            const Tensor total = reduce(in[0], {dim}, true, [](const std::vector<double>& v) {
              const double top = *std::max_element(v.begin(), v.end());
              double sum = 0;
              for (double x : v) sum += exp(x - top);
              return top + std::log(sum);
            });
            return map2(in[0], total, [log](double x, double t) { return log ? x - t : exp(x - t); });
          }),
          [log] { log ? zeros({2}).log_softmax(1) : zeros({2}).softmax(1); },
          [] {
            return TensorList{spread({101, 11, 67}, -9, 9)};
          }};
}

/// prelu with one weight, or one for each of dimension 1.
OpRow prelu_row(const std::string& name, Dims sizes, Dims weight, Dims large) {
  return {name,
          returns([](In in) { return prelu(in[0], in[1]); }),
          [=] {
            return TensorList{spread(sizes), spread(weight, 0.1, 0.9, 2)};
          },
          returns([](In in) {
            return build(in[0].sizes(), [&](const Position& i) {
              const double x = at(in[0], i);
              return x > 0 ? x : x * in[1].data_ptr<double>()[in[1].numel() == 1 ? 0 : i[1]];
            });
          }),
          [] {
            prelu(zeros({2, 3, 4}), zeros({2}));
          },
          [=] {
            return TensorList{spread(large), spread(weight, 0.1, 0.9, 2)};
          }};
}

/// The same mask for every call.
Fn seeded(std::function<Tensor(T)> f) {
  return returns([f](In in) {
    manual_seed(3);
    return f(in[0]);
  });
}

std::vector<OpRow> other_rows() {
  return {
      normalised(
          "softmax", [](T x) { return x.softmax(1); }, 1, false),
      normalised(
          "softmax of the last", [](T x) { return x.softmax(-1); }, 2, false),
      normalised(
          "softmax of large numbers", [](T x) { return x.softmax(0); }, 0, false, 900),
      normalised(
          "log_softmax", [](T x) { return x.log_softmax(1); }, 1, true),
      normalised(
          "log_softmax of the last", [](T x) { return x.log_softmax(-1); }, 2, true),
      normalised(
          "log_softmax of large numbers", [](T x) { return x.log_softmax(0); }, 0, true, 900),
      prelu_row("prelu", {5, 6}, {1}, {301, 407}),
      prelu_row("prelu by channel", {2, 4, 3, 3}, {4}, {16, 4, 31, 33}),
      {"glu", returns([](In in) { return glu(in[0], 1); }),
       [] {
         return TensorList{spread({3, 6, 2})};
       },
       returns([](In in) {
         return build({3, 3, 2}, [&](const Position& i) {
           return at(in[0], i) * sigmoid_of(at(in[0], {i[0], i[1] + 3, i[2]}));
         });
       }),
       [] {
         glu(zeros({3, 5}), 1);
       },
       [] {
         return TensorList{spread({101, 60, 67})};
       }},
      {"dropout",
       seeded([](T x) { return dropout(x, 0.4); }),
       [] {
         return TensorList{spread({7, 9})};
       },
       {},
       [] { dropout(zeros({2}), 1.5); },
       [] {
         return TensorList{spread({311, 407})};
       }},
      {"dropout of nothing", seeded([](T x) { return dropout(x, 0.0); }),
       [] {
         return TensorList{spread({7, 9})};
       },
       returns([](In in) { return map(in[0], [](double x) { return x; }); }), [] { dropout(zeros({2}), -0.1); }},
      {"dropout of all", seeded([](T x) { return dropout(x, 1.0); }),
       [] {
         return TensorList{spread({7, 9})};
       },
       returns([](In in) { return map(in[0], [](double) { return 0.; }); }), [] { dropout(Tensor(), 0.5); }},
      {"dropout in evaluation", seeded([](T x) { return dropout(x, 0.4, false) * 1; }),
       [] {
         return TensorList{spread({7, 9})};
       },
       returns([](In in) { return map(in[0], [](double x) { return x; }); }), [] { dropout(zeros({2}), 2, false); }},
      {"dropout2d",
       seeded([](T x) { return dropout2d(x, 0.4); }),
       [] {
         return TensorList{spread({3, 4, 2, 3})};
       },
       {},
       [] {
         dropout2d(zeros({2, 2, 2, 2}), -1);
       },
       [] {
         return TensorList{spread({33, 40, 12, 13})};
       }},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_activation)

BOOST_AUTO_TEST_SUITE(elementwise)
WEFT_ROW_TESTS(elementwise_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(others)
WEFT_ROW_TESTS(other_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(dropout_keeps_or_zeroes) {
  manual_seed(4);
  const Tensor x = ones({200, 50}, kFloat64), y = dropout(x, 0.3);
  const double kept = (y != 0).to(kFloat64).mean().item<double>();
  BOOST_CHECK_SMALL(kept - 0.7, 0.02);
  BOOST_CHECK(y.allclose((y != 0).to(kFloat64) / 0.7));
  const Tensor z = dropout2d(ones({20, 30, 4, 5}), 0.3);
  const Tensor channel = z.select(2, 0).select(2, 0).unsqueeze(2).unsqueeze(3);
  BOOST_CHECK(z.equal(channel.expand_as(z)));
  BOOST_CHECK_SMALL((channel != 0).to(kFloat64).mean().item<double>() - 0.7, 0.06);
}

BOOST_AUTO_TEST_SUITE_END()
