// Activations overwrite temporaries, but nothing that anybody can still read.
#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;

namespace {

Tensor numbers() { return tensor({-2.0, -0.5, 0.25, 1.0}).to(kFloat32); }

struct Activation {
  const char* name;
  std::function<Tensor(Tensor)> free;
  Tensor (Tensor::*method)() const;
};
const Activation kActivations[] = {
    {"relu", [](Tensor x) { return relu(std::move(x)); }, &Tensor::relu},
    {"sigmoid", [](Tensor x) { return sigmoid(std::move(x)); }, &Tensor::sigmoid},
    {"tanh", [](Tensor x) { return tanh(std::move(x)); }, &Tensor::tanh},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(temporaries)

BOOST_AUTO_TEST_CASE(their_memory_is_used_again) {
  for (const Activation& a : kActivations)
    for (bool recorded : {false, true}) {
      const Tensor x = numbers().set_requires_grad(recorded);
      Tensor temporary = x * 2;
      const void* memory = temporary.data_ptr();
      const Tensor y = a.free(std::move(temporary));
      BOOST_TEST(y.data_ptr() == memory, a.name);
      BOOST_TEST(y.equal(((x * 2).*a.method)()), a.name);
    }
}

BOOST_AUTO_TEST_CASE(gradients_are_right) {
  const Tensor x = tensor({-2.0, -0.5, 0.25, 1.0}, TensorOptions(kFloat64).requires_grad(true));
  for (const Activation& a : kActivations) {
    BOOST_TEST(autograd::gradcheck([&](const TensorList& in) { return a.free(in[0] * 3); }, {x}), a.name);
    BOOST_TEST(autograd::gradgradcheck([&](const TensorList& in) { return a.free(in[0] * in[0]); }, {x}), a.name);
    BOOST_TEST(autograd::gradcheck([&](const TensorList& in) { return a.free(in[0].exp()); }, {x}), a.name);
    BOOST_TEST(autograd::gradcheck([&](const TensorList& in) { return a.free(a.free(in[0] * 3)); }, {x}), a.name);
  }
}

BOOST_AUTO_TEST_CASE(what_is_held_stays) {
  for (const Activation& a : kActivations) {
    const Tensor x = numbers();
    a.free(x);
    BOOST_TEST(x.equal(numbers()), a.name);
    BOOST_TEST(relu(x).data_ptr() != x.data_ptr());
    BOOST_TEST(x.equal(numbers()));
    Tensor base = numbers();
    const Tensor view = base.view({2, 2}), alias = base.detach();
    a.free(std::move(base));
    BOOST_TEST(view.reshape({4}).equal(numbers()), a.name);
    BOOST_TEST(alias.equal(numbers()), a.name);
    a.free(alias.view({2, 2}));
    a.free(alias.contiguous());
    BOOST_TEST(alias.equal(numbers()), a.name);
  }
}

BOOST_AUTO_TEST_CASE(memory_of_the_user_stays) {
  for (const Activation& a : kActivations) {
    float numbers[] = {-1, 2};
    a.free(from_blob(numbers, {2}));
    BOOST_TEST(numbers[0] == -1.0f);
    BOOST_TEST(numbers[1] == 2.0f);
  }
}

BOOST_AUTO_TEST_CASE(leaves_and_what_hooks_keep_stay) {
  for (const Activation& a : kActivations) {
    Tensor seen, leaf = numbers().set_requires_grad(true);
    leaf.register_hook([&](const Tensor& g) { seen = g; });
    const Tensor before = leaf.detach().clone();
    a.free(std::move(leaf)).sum().backward();
    Tensor same = before.clone().set_requires_grad(true);
    (same.*a.method)().sum().backward();
    BOOST_TEST(seen.equal(same.grad()), a.name);
  }
}

BOOST_AUTO_TEST_CASE(other_dtypes_and_strides) {
  const Tensor whole = arange(6) - 3;
  BOOST_TEST(relu(whole * 1).equal((whole * 1).relu()));
  BOOST_TEST(sigmoid(whole * 1).equal(whole.sigmoid()));
  BOOST_TEST(relu((whole * 1).view({2, 3}).t()).equal(whole.view({2, 3}).t().relu()));
}

BOOST_AUTO_TEST_SUITE_END()
