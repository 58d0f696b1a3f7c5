// Rows of the losses.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/nn_ops.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;
using std::exp, std::fabs, std::log;

/// The value of each element as a function of input and target.
using Pointwise = double (*)(double x, double t);

/// Rows of an elementwise loss, for the three reductions. With `target_too` both inputs have gradients.
void add_pointwise(std::vector<OpRow>& rows, const std::string& name, std::function<Tensor(T, T, Reduction)> f,
                   Pointwise value, std::function<Tensor(IntArrayRef)> input,
                   std::function<Tensor(IntArrayRef)> target) {
  const std::pair<const char*, Reduction> ways[] = {
      {"", Reduction::Mean}, {" sum", Reduction::Sum}, {" none", Reduction::None}};
  for (const auto& [what, reduction] : ways)
    rows.push_back({name + what, returns([f, r = reduction](In in) { return f(in[0], in[1], r); }),
                    [=] {
                      return TensorList{input({4, 5}), target({4, 5})};
                    },
                    returns([value, r = reduction](In in) {
                      const Tensor each = map2(in[0], in[1], value);
                      return r == Reduction::None ? each : r == Reduction::Sum ? each.sum() : each.mean();
                    }),
                    [f] {
                      f(zeros({4, 5}), zeros({4, 6}), Reduction::Mean);
                    },
                    [=] {
                      return TensorList{input({311, 207}), target({311, 207})};
                    }});
}

Tensor real_input(IntArrayRef sizes) { return spread(sizes, -2, 2); }
Tensor real_target(IntArrayRef sizes) { return spread(sizes, -1.1, 2.4, 2); }
Tensor probability(IntArrayRef sizes) { return spread(sizes, 0.05, 0.95); }
Tensor soft_target(IntArrayRef sizes) { return fixed(sizes, 0.02, 0.98, 2); }
Tensor sign_target(IntArrayRef sizes) { return fixed(sizes, -1, 1, 2).sign(); }
Tensor log_input(IntArrayRef sizes) { return spread(sizes, -3, -0.1); }

std::vector<OpRow> pointwise_rows() {
  std::vector<OpRow> all;
  add_pointwise(
      all, "mse_loss", mse_loss, [](double x, double t) { return (x - t) * (x - t); }, real_input, real_target);
  add_pointwise(
      all, "l1_loss", l1_loss, [](double x, double t) { return fabs(x - t); }, real_input, real_target);
  add_pointwise(
      all, "smooth_l1_loss", [](T x, T t, Reduction r) { return smooth_l1_loss(x, t, r, 0.5); },
      [](double x, double t) { return fabs(x - t) < 0.5 ? (x - t) * (x - t) : fabs(x - t) - 0.25; }, real_input,
      real_target);
  add_pointwise(
      all, "smooth_l1_loss of beta 0", [](T x, T t, Reduction r) { return smooth_l1_loss(x, t, r, 0); },
      [](double x, double t) { return fabs(x - t); }, real_input, real_target);
  add_pointwise(
      all, "huber_loss", [](T x, T t, Reduction r) { return huber_loss(x, t, r, 0.7); },
      [](double x, double t) { return fabs(x - t) < 0.7 ? (x - t) * (x - t) / 2 : 0.7 * (fabs(x - t) - 0.35); },
      real_input, real_target);
  add_pointwise(
      all, "binary_cross_entropy", [](T x, T t, Reduction r) { return binary_cross_entropy(x, t, {}, r); },
      [](double x, double t) { return -t * log(x) - (1 - t) * log(1 - x); }, probability, soft_target);
  add_pointwise(
      all, "binary_cross_entropy_with_logits",
      [](T x, T t, Reduction r) { return binary_cross_entropy_with_logits(x, t, {}, {}, r); },
      [](double x, double t) { return std::max(x, 0.) - x * t + std::log1p(exp(-fabs(x))); }, real_input, soft_target);
  add_pointwise(
      all, "binary_cross_entropy_with_logits of a positive weight",
      [](T x, T t, Reduction r) { return binary_cross_entropy_with_logits(x, t, {}, full({1}, 2.5, x.dtype()), r); },
      [](double x, double t) { return 2.5 * t * std::log1p(exp(-x)) + (1 - t) * std::log1p(exp(x)); }, real_input,
      soft_target);
  const auto divergence = [](T x, T t, Reduction r) {
    return kl_div(x, t,
                  r == Reduction::Mean  ? KLReduction::Mean
                  : r == Reduction::Sum ? KLReduction::Sum
                                        : KLReduction::None);
  };
  add_pointwise(
      all, "kl_div", divergence, [](double x, double t) { return t * (log(t) - x); }, log_input, soft_target);
  add_pointwise(
      all, "kl_div of logarithms",
      [](T x, T t, Reduction r) {
        return kl_div(x, t,
                      r == Reduction::Mean  ? KLReduction::Mean
                      : r == Reduction::Sum ? KLReduction::Sum
                                            : KLReduction::None,
                      true);
      },
      [](double x, double t) { return exp(t) * (t - x); }, log_input,
      [](IntArrayRef s) { return fixed(s, -2, -0.2, 2); });
  add_pointwise(
      all, "hinge_embedding_loss", [](T x, T t, Reduction r) { return hinge_embedding_loss(x, t, 0.8, r); },
      [](double x, double t) { return t > 0 ? x : std::max(0., 0.8 - x); }, real_input, sign_target);
  add_pointwise(
      all, "soft_margin_loss", soft_margin_loss, [](double x, double t) { return std::log1p(exp(-t * x)); }, real_input,
      sign_target);
  all.push_back(
      {"kl_div batchmean", returns([](In in) { return kl_div(in[0], in[1], KLReduction::BatchMean); }),
       [] {
         return TensorList{log_input({4, 5}), soft_target({4, 5})};
       },
       returns([](In in) { return map2(in[0], in[1], [](double x, double t) { return t * (log(t) - x); }).sum() / 4; }),
       [] {
         kl_div(zeros({2, 3}), zeros({2, 4}));
       }});
  all.push_back(
      {"binary_cross_entropy weighted", returns([](In in) { return binary_cross_entropy(in[0], in[1], in[2]); }),
       [] {
         return TensorList{probability({4, 5}), soft_target({4, 5}), fixed({4, 5}, 0.2, 2, 3)};
       },
       returns([](In in) {
         return (map2(in[0], in[1], [](double x, double t) { return -t * log(x) - (1 - t) * log(1 - x); }) * in[2])
             .mean();
       }),
       [] { binary_cross_entropy(full({2}, 0.5), full({2}, 0.5), ones({3})); }});
  return all;
}

const Position kIds = {0, 3, 1, 4, 1, 2};

Tensor ids() { return tensor(kIds); }

/// -sum over classes of target * log_softmax for each row of [6, 5], by plain loops.
Tensor slow_entropy(T x, const std::function<double(int64_t row, int64_t column)>& target) {
  return build({6}, [&](const Position& i) {
    double total = 0, loss = 0;
    for (int64_t c = 0; c < 5; ++c) total += exp(at(x, {i[0], c}));
    for (int64_t c = 0; c < 5; ++c) loss -= target(i[0], c) * (at(x, {i[0], c}) - log(total));
    return loss;
  });
}
double one_if(int64_t r, int64_t c) { return kIds[static_cast<size_t>(r)] == c; }

/// A loss of logits [6, 5] and ids.
OpRow classes(const std::string& name, std::function<Tensor(T, T)> f, std::function<Tensor(T)> slow,
              std::function<void()> bad) {
  return {name, returns([f](In in) { return f(in[0], in[1]); }),
          [] {
            return TensorList{spread({6, 5}), ids()};
          },
          returns([slow](In in) { return slow(in[0]); }), std::move(bad)};
}

Tensor class_weights(Dtype d) { return tensor({0.5, 1., 2., 0.7, 1.4}, d); }
double weight_of(int64_t row) {
  return (std::vector<double>{0.5, 1., 2., 0.7, 1.4})[static_cast<size_t>(kIds[static_cast<size_t>(row)])];
}

std::vector<OpRow> class_rows() {
  const auto bad_id = [] { cross_entropy(zeros({2, 3}), tensor({0, 3})); };
  const auto large = [] { return TensorList{spread({3001, 11}), (arange(3001) * 7).remainder(11)}; };
  return {
      classes(
          "cross_entropy", [](T x, T t) { return cross_entropy(x, t); },
          [](T x) { return slow_entropy(x, one_if).mean(); }, bad_id)
          .with_large(large),
      classes(
          "cross_entropy none", [](T x, T t) { return cross_entropy(x, t, {}, Reduction::None); },
          [](T x) { return slow_entropy(x, one_if); },
          [] {
            cross_entropy(zeros({2, 3}), tensor({0, -1}));
          })
          .with_large(large),
      classes(
          "cross_entropy weighted", [](T x, T t) { return cross_entropy(x, t, class_weights(x.dtype())); },
          [](T x) {
            const Tensor each = slow_entropy(x, [](int64_t r, int64_t c) { return one_if(r, c) * weight_of(r); });
            return each.sum() / build({6}, [](const Position& i) { return weight_of(i[0]); }).sum();
          },
          [] {
            cross_entropy(zeros({2, 3}), tensor({0, 1}), ones({2}));
          }),
      classes(
          "cross_entropy smoothed", [](T x, T t) { return cross_entropy(x, t, {}, Reduction::Mean, -100, 0.1); },
          [](T x) { return slow_entropy(x, [](int64_t r, int64_t c) { return 0.9 * one_if(r, c) + 0.02; }).mean(); },
          [] {
            cross_entropy(zeros({2, 3}), tensor({0, 1}), {}, Reduction::Mean, -100, 1.5);
          })
          .with_large(large),
      classes(
          "cross_entropy that ignores", [](T x, T t) { return cross_entropy(x, t, {}, Reduction::Mean, 1); },
          [](T x) {
            return slow_entropy(
                       x, [](int64_t r, int64_t c) { return kIds[static_cast<size_t>(r)] == 1 ? 0 : one_if(r, c); })
                       .sum() /
                   4;
          },
          [] {
            cross_entropy(zeros({2, 3}), tensor({0, 1, 2}));
          }),
      {"cross_entropy of probabilities", returns([](In in) { return cross_entropy(in[0], in[1]); }),
       [] {
         return TensorList{spread({6, 5}), spread({6, 5}, 0.05, 0.4, 2)};
       },
       returns([](In in) {
         return slow_entropy(in[0], [&](int64_t r, int64_t c) { return at(in[1], {r, c}); }).mean();
       }),
       [] {
         cross_entropy(zeros({2, 3}), zeros({2, 4}));
       }},
      {"cross_entropy of images", returns([](In in) { return cross_entropy(in[0], in[1]); }),
       [] {
         return TensorList{spread({2, 5, 3}), tensor({{0, 3, 1}, {4, 1, 2}})};
       },
       returns([](In in) {
         return slow_entropy(in[0].detach().transpose(1, 2).reshape({6, 5}), one_if).mean();
       }),
       [] {
         cross_entropy(zeros({2, 3, 4}), zeros({2, 5}, kInt64));
       }},
      classes(
          "nll_loss", [](T x, T t) { return nll_loss(x, t); },
          [](T x) {
            return build({6},
                         [&](const Position& i) {
                           return -at(x, {i[0], kIds[static_cast<size_t>(i[0])]});
                         })
                .mean();
          },
          [] {
            nll_loss(zeros({2, 3}), tensor({0, 3}));
          })
          .with_large(large),
      classes(
          "nll_loss weighted sum", [](T x, T t) { return nll_loss(x, t, class_weights(x.dtype()), Reduction::Sum); },
          [](T x) {
            return build({6},
                         [&](const Position& i) {
                           return -weight_of(i[0]) * at(x, {i[0], kIds[static_cast<size_t>(i[0])]});
                         })
                .sum();
          },
          [] {
            nll_loss(zeros({2, 3}), zeros({2}));
          }),
      classes(
          "multi_margin_loss", [](T x, T t) { return multi_margin_loss(x, t); },
          [](T x) {
            return build({6},
                         [&](const Position& i) {
                           const int64_t y = kIds[static_cast<size_t>(i[0])];
                           double loss = 0;
                           for (int64_t c = 0; c < 5; ++c)
                             if (c != y) loss += std::max(0., 1 - at(x, {i[0], y}) + at(x, {i[0], c}));
                           return loss / 5;
                         })
                .mean();
          },
          [] {
            multi_margin_loss(zeros({2, 3}), tensor({0, 3}));
          })
          .with_large(large),
      classes(
          "multi_margin_loss squared",
          [](T x, T t) { return multi_margin_loss(x, t, 2, 0.7, class_weights(x.dtype())); },
          [](T x) {
            return build({6},
                         [&](const Position& i) {
                           const int64_t y = kIds[static_cast<size_t>(i[0])];
                           double loss = 0;
                           for (int64_t c = 0; c < 5; ++c)
                             if (c != y)
                               loss += weight_of(i[0]) *
                                       std::pow(std::max(0., 0.7 - at(x, {i[0], y}) + at(x, {i[0], c})), 2);
                           return loss / 5;
                         })
                .mean();
          },
          [] {
            multi_margin_loss(zeros({2, 3}), tensor({0, 1}), 3);
          }),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_loss)

BOOST_AUTO_TEST_SUITE(pointwise)
WEFT_ROW_TESTS(pointwise_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(of_classes)
WEFT_ROW_TESTS(class_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
