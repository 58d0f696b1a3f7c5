// The gradients that are written out by hand, beside the tape's.
#include "weft/models/by_hand.h"

#include <boost/test/unit_test.hpp>

using namespace weft;
using models::HandLoss;
using models::HandNet;

BOOST_AUTO_TEST_SUITE(by_hand)

BOOST_AUTO_TEST_CASE(gradients_are_those_of_the_tape) {
  manual_seed(1);
  const Tensor x = randn({7, 12}), target = one_hot(tensor({0, 2, 1, 2, 0, 1, 1}), 3).to(kFloat);
  for (HandLoss kind : {HandLoss::squared_error, HandLoss::cross_entropy}) {
    HandNet net = HandNet::make(12, 9, 3);
    for (Tensor* bias : {&net.b1, &net.b2}) bias->normal_(0, 0.1);
    double value = 0;
    const HandNet by_hand = net.backward(x, target, kind, value);

    for (Tensor* p : {&net.w1, &net.b1, &net.w2, &net.b2}) p->requires_grad_();
    const Tensor y = (x.matmul(net.w1) + net.b1).relu().matmul(net.w2) + net.b2;
    const Tensor loss =
        kind == HandLoss::squared_error ? (y - target).square().sum({1}).mean() : cross_entropy(y, target.argmax(1));
    loss.backward();
    BOOST_TEST(value == loss.item<double>(), boost::test_tools::tolerance(1e-5));
    const std::pair<Tensor, Tensor> pairs[] = {
        {by_hand.w1, net.w1}, {by_hand.b1, net.b1}, {by_hand.w2, net.w2}, {by_hand.b2, net.b2}};
    for (const auto& [got, parameter] : pairs) BOOST_TEST(got.allclose(parameter.grad(), 1e-4, 1e-6));
  }
}

BOOST_AUTO_TEST_CASE(a_step_goes_down) {
  manual_seed(2);
  const Tensor x = randn({20, 5}), target = one_hot(arange(20) % 4, 4).to(kFloat);
  HandNet net = HandNet::make(5, 16, 4);
  double first = 0, last = 0;
  net.step(net.backward(x, target, HandLoss::cross_entropy, first), 0.1);
  for (int i = 0; i < 20; ++i) net.step(net.backward(x, target, HandLoss::cross_entropy, last), 0.1);
  BOOST_TEST(last < 0.8 * first);
}

BOOST_AUTO_TEST_SUITE_END()
