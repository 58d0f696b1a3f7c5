// Custom functions: counting of arguments, requested gradients, and the memory kept by a node.
#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;
using autograd::AutogradContext;
using autograd::Function;
using autograd::grad;

namespace {

Tensor leaf(std::initializer_list<NestedList> v) { return tensor(v, TensorOptions(kFloat64).requires_grad(true)); }
bool close(const Tensor& a, const Tensor& b) { return a.allclose(b, 1e-9, 1e-12); }

// bias + sum_i scale * (i + 1) * list[i]; bias may be absent.
struct WeightedSum : Function<WeightedSum> {
  static Tensor forward(AutogradContext* ctx, const TensorList& list, double scale, const std::optional<Tensor>& bias) {
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["count"] = list.size();
    Tensor out = bias.value_or(zeros_like(list[0]));
    for (size_t i = 0; i < list.size(); ++i) out = out + list[i] * (scale * static_cast<double>(i + 1));
    return out;
  }
  static TensorList backward(AutogradContext* ctx, TensorList g) {
    const auto scale = std::any_cast<double>(ctx->saved_data["scale"]);
    const auto count = std::any_cast<size_t>(ctx->saved_data["count"]);
    TensorList gradients;
    for (size_t i = 0; i < count; ++i) gradients.push_back(g[0] * (scale * static_cast<double>(i + 1)));
    gradients.emplace_back();  // of scale
    gradients.push_back(g[0]);
    return gradients;
  }
};

// Records the gradients requested from forward and backward.
struct Asked : Function<Asked> {
  static inline std::vector<bool> in_forward, in_backward;
  static std::vector<bool> all(AutogradContext* ctx) {
    std::vector<bool> asked;
    for (size_t i = 0; i < 4; ++i) asked.push_back(ctx->needs_input_grad(i));
    return asked;
  }
  static Tensor forward(AutogradContext* ctx, const Tensor& a, double factor, const TensorList& two, const Tensor& b) {
    in_forward = all(ctx);
    return (a + two[0] + two[1] + b) * factor;
  }
  static TensorList backward(AutogradContext* ctx, TensorList g) {
    in_backward = all(ctx);
    BOOST_CHECK_THROW((void)ctx->needs_input_grad(4), IndexError);
    const Tensor own = leaf({1.0, 2.0});
    {
      AutoGradMode on(true);
      (own * own).sum().backward();  // a nested run does not change the gradients requested from this one
    }
    BOOST_TEST(all(ctx) == in_backward);
    BOOST_TEST(close(own.grad(), own.detach() * 2));
    return {g[0], Tensor(), g[0], g[0], g[0]};
  }
};

struct DoublesInPlace : Function<DoublesInPlace> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    x.mul_(2);
    ctx->mark_dirty({x});
    ctx->save_for_backward({x, x.view({-1})});
    return x;
  }
  static TensorList backward(AutogradContext* ctx, TensorList g) {
    BOOST_TEST(ctx->get_saved_variables()[0].sum().item<double>() == 6);
    return {g[0] * 2};
  }
};

struct KeepsViewOfResult : Function<KeepsViewOfResult> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    Tensor y = x.exp();
    ctx->save_for_backward({y.view({-1, 1})});
    return y;
  }
  static TensorList backward(AutogradContext* ctx, TensorList g) {
    return {g[0] * ctx->get_saved_variables()[0].view({-1})};
  }
};

struct NoGradient : Function<NoGradient> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
  static TensorList backward(AutogradContext*, TensorList) { return {Tensor()}; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(function)

BOOST_AUTO_TEST_CASE(a_list_of_tensors_is_differentiated) {
  const TensorList list = {leaf({1.0, 2.0}), tensor({0.5, 0.5}, kFloat64), leaf({3.0, 4.0})};
  const Tensor bias = leaf({1.0, 1.0}), weights = tensor({1.0, 10.0}, kFloat64);
  (WeightedSum::apply(list, 2.0, std::optional<Tensor>(bias)) * weights).sum().backward();
  BOOST_TEST(close(list[0].grad(), weights * 2));
  BOOST_TEST(!list[1].grad().defined());
  BOOST_TEST(close(list[2].grad(), weights * 6));
  BOOST_TEST(close(bias.grad(), weights));
  const Tensor no_bias = WeightedSum::apply(list, 1.0, std::optional<Tensor>());
  BOOST_TEST(close(grad({no_bias.sum()}, {list[2]})[0], full({2}, 3.0, kFloat64)));
  auto f = [&](const TensorList& v) {
    return WeightedSum::apply(TensorList{v[0].exp(), v[1]}, 0.5, std::optional(v[0]));
  };
  BOOST_TEST(autograd::gradcheck(f, {list[0], list[2]}));
  BOOST_TEST(autograd::gradgradcheck(f, {list[0], list[2]}));
}

BOOST_AUTO_TEST_CASE(needs_input_grad_follows_the_run) {
  const Tensor a = leaf({1.0, 2.0}), b = leaf({3.0, 4.0}), c = leaf({1.0, 1.0}), constant = ones({2}, kFloat64);
  const Tensor y = Asked::apply(a, 2.0, TensorList{b, constant}, c).sum();
  using Flags = std::vector<bool>;
  BOOST_TEST(Asked::in_forward == (Flags{true, true, false, true}));
  y.backward({}, true);
  BOOST_TEST(Asked::in_backward == (Flags{true, true, false, true}));
  grad({y}, {b}, {}, true);
  BOOST_TEST(Asked::in_backward == (Flags{false, true, false, false}));
  y.backward({}, true, false, TensorList{a, c});
  BOOST_TEST(Asked::in_backward == (Flags{true, false, false, true}));
  y.backward();
  BOOST_TEST(Asked::in_backward == (Flags{true, true, false, true}));
  {
    NoGradGuard off;
    Asked::apply(a, 2.0, TensorList{b, constant}, c);
    BOOST_TEST(Asked::in_forward == (Flags{false, false, false, false}));
  }
}

BOOST_AUTO_TEST_CASE(rules_that_nobody_asked_for_do_not_run) {
  const Tensor x = leaf({1.0, 2.0}), w = leaf({3.0, 4.0});
  int calls = 0;
  const Tensor y = autograd::record(
      "product", (x.detach() * w.detach()), {x, w}, [w = autograd::saved(w)](const Tensor& g) { return g * w(); },
      [&calls, x = autograd::saved(x)](const Tensor& g) { return ++calls, g * x(); });
  BOOST_TEST(close(grad({y.sum()}, {x}, {}, true)[0], w.detach()));
  BOOST_TEST(calls == 0);
  y.sum().backward();
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_result_kept_for_backward_does_not_keep_the_graph) {
  const int64_t before = TensorImpl::live();
  for (const bool backward : {false, true}) {
    {
      const Tensor x = leaf({1.0, 2.0});
      Tensor y = DoublesInPlace::apply(x * 1), z = KeepsViewOfResult::apply(x);
      if (backward) {
        y.sum().backward();
        BOOST_TEST(close(x.grad(), full({2}, 2.0, kFloat64)));
        BOOST_TEST(close(grad({z.sum()}, {x})[0], x.detach().exp()));
      }
    }
    BOOST_TEST(TensorImpl::live() == before);
  }
}

BOOST_AUTO_TEST_CASE(an_undefined_gradient_stays_undefined) {
  const Tensor x = leaf({1.0, 2.0});
  NoGradient::apply(x).sum().backward();
  BOOST_TEST(!x.grad().defined());
  BOOST_CHECK_THROW(grad({NoGradient::apply(x).sum()}, {x}), StateError);
}

BOOST_AUTO_TEST_SUITE_END()
