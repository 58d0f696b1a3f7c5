// Compares fused losses and activations in float32 with float64.
#include <boost/test/unit_test.hpp>

#include "fast_kernels.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(loss_kernels)

BOOST_AUTO_TEST_CASE(losses_of_a_difference) {
  manual_seed(1);
  using Loss = Tensor (*)(const Tensor&, const Tensor&, Reduction);
  struct Row {
    const char* name;
    Loss loss;
  };
  const Row rows[] = {
      {"mse", mse_loss},
      {"l1", l1_loss},
      {"smooth_l1", [](const Tensor& x, const Tensor& t, Reduction r) { return smooth_l1_loss(x, t, r, 0.7); }},
      {"huber", [](const Tensor& x, const Tensor& t, Reduction r) { return huber_loss(x, t, r, 0.8); }},
  };
  for (const Row& row : rows)
    for (Reduction r : {Reduction::None, Reduction::Mean, Reduction::Sum})
      for (const Dims& s : {Dims{1}, Dims{3, 7}, Dims{257, 401}})
        hold_to_reference(std::string(row.name) + " " + to_string(s),
                          [&](const TensorList& in) { return row.loss(in[0], in[1], r); }, {randn(s), randn(s)});
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_class_ids) {
  manual_seed(2);
  for (Reduction r : {Reduction::None, Reduction::Mean, Reduction::Sum})
    for (const Dims& s : {Dims{1, 1}, Dims{5, 10}, Dims{64, 10}, Dims{301, 133}}) {
      Tensor ids = randint(s[1], {s[0]});
      if (s[0] > 3) ids.index_put_({2}, -100);
      hold_to_reference(
          "cross_entropy " + to_string(s), [&](const TensorList& in) { return cross_entropy(in[0], in[1], {}, r); },
          {randn(s) * 5, ids}, 4e-6);
    }
}

BOOST_AUTO_TEST_CASE(class_losses_with_weights_and_places) {
  manual_seed(3);
  const Tensor ids = randint(7, {4, 5, 31}), weight = rand({7}) + 0.2;
  for (Reduction r : {Reduction::None, Reduction::Mean, Reduction::Sum})
    for (double smoothing : {0.0, 0.2})
      hold_to_reference(
          "cross_entropy of places",
          [&](const TensorList& in) { return cross_entropy(in[0], in[1], weight.to(in[0].dtype()), r, 3, smoothing); },
          {randn({4, 7, 5, 31}), ids}, 4e-6);
}

BOOST_AUTO_TEST_CASE(activations) {
  manual_seed(4);
  struct Row {
    const char* name;
    Tensor (*f)(const Tensor&);
  };
  const Row rows[] = {
      {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.1); }},
      {"elu", [](const Tensor& x) { return elu(x, 1.3); }},
      {"selu", selu},
      {"celu", [](const Tensor& x) { return celu(x, 0.7); }},
      {"gelu", [](const Tensor& x) { return gelu(x); }},
      {"gelu tanh", [](const Tensor& x) { return gelu(x, "tanh"); }},
      {"silu", silu},
      {"mish", mish},
      {"softplus", [](const Tensor& x) { return softplus(x, 2.0, 6.0); }},
      {"softsign", softsign},
      {"hardtanh", [](const Tensor& x) { return hardtanh(x, -0.5, 0.7); }},
      {"relu6", relu6},
      {"logsigmoid", logsigmoid},
      {"tanhshrink", tanhshrink},
      {"hardshrink", [](const Tensor& x) { return hardshrink(x, 0.4); }},
      {"softshrink", [](const Tensor& x) { return softshrink(x, 0.4); }},
      {"threshold", [](const Tensor& x) { return threshold(x, 0.1, -2.0); }},
      {"hardswish", hardswish},
      {"hardsigmoid", hardsigmoid},
  };
  for (const Row& row : rows)
    for (const Dims& s : {Dims{1}, Dims{3, 7}, Dims{401, 257}})
      hold_to_reference(
          row.name + to_string(s), [&](const TensorList& in) { return row.f(in[0]); }, {randn(s) * 3}, 4e-6);
}

BOOST_AUTO_TEST_CASE(activations_far_from_zero) {
  const Tensor x = tensor({-1e30, -200.0, -90.0, -20.0, 20.0, 90.0, 200.0, 1e30});
  using F = Tensor (*)(const Tensor&);
  const std::pair<const char*, F> rows[] = {
      {"elu", [](const Tensor& t) { return elu(t); }},
      {"selu", selu},
      {"celu", [](const Tensor& t) { return celu(t); }},
      {"gelu", [](const Tensor& t) { return gelu(t); }},
      {"silu", silu},
      {"gelu tanh", [](const Tensor& t) { return gelu(t, "tanh"); }},
      {"mish", mish},
      {"softplus", [](const Tensor& t) { return softplus(t); }},
      {"logsigmoid", logsigmoid},
      {"softsign", softsign},
  };
  for (const auto& row : rows) {
    const F f = row.second;
    Tensor leaf = x.clone().requires_grad_(), leaf64 = x.to(kFloat64).requires_grad_();
    const Tensor y = f(leaf), y64 = f(leaf64);
    BOOST_CHECK_MESSAGE(y.to(kFloat64).allclose(y64, 1e-5, 1e-6), row.first);
    y.sum().backward();
    y64.sum().backward();
    BOOST_CHECK_MESSAGE(leaf.grad().to(kFloat64).allclose(leaf64.grad(), 1e-5, 1e-6),
                        row.first << ": " << to_string(leaf.grad()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
