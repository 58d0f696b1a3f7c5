// Compares the handwritten gradients with the tape's.
#include "weft/models/by_hand.h"

#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;
using models::HandLoss;
using models::HandNet;

BOOST_AUTO_TEST_SUITE(by_hand)

BOOST_AUTO_TEST_CASE(gradients_are_those_of_the_tape) {
  manual_seed(1);
  const Tensor x = randn({7, 12}), labels = tensor({0, 2, 1, 2, 0, 1, 1}), target = one_hot(labels, 3).to(kFloat);
  for (HandLoss kind : {HandLoss::squared_error, HandLoss::cross_entropy}) {
    nn::Model model = HandNet::model(12, 9, 3);
    {
      NoGradGuard no_grad;
      for (const Tensor& p : model->parameters()) Tensor(p).add_(randn_like(p) * 0.1);
    }
    HandNet net(model);
    BOOST_TEST(net.forward(x).allclose(model(x), 1e-5, 1e-6));
    const HandNet::Result by_hand = net.backward(x, target, kind);
    TensorList gradients;
    for (const Tensor& p : model->parameters()) gradients.push_back(p.grad().clone());

    model->zero_grad();
    const Tensor y = model(x);
    const Tensor loss =
        kind == HandLoss::squared_error ? (y - target).square().sum({1}).mean() : cross_entropy(y, labels);
    loss.backward();
    BOOST_TEST(by_hand.loss == loss.item<double>(), boost::test_tools::tolerance(1e-5));
    for (size_t i = 0; i < gradients.size(); ++i)
      BOOST_TEST(gradients[i].allclose(model->parameters()[i].grad(), 1e-4, 1e-6));
  }
}

BOOST_AUTO_TEST_SUITE_END()
