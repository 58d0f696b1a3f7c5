// In-place ops: correct or rejected, never a wrong gradient.
#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;
using autograd::gradcheck;

namespace {
Tensor leaf(std::initializer_list<NestedList> v) { return tensor(v, TensorOptions(kFloat64).requires_grad(true)); }
Tensor matrix() { return leaf({{0.5, -1.0, 2.0}, {1.5, 0.3, -0.7}}); }
using Fn = std::function<Tensor(const TensorList&)>;

const std::pair<const char*, Fn> kRight[] = {
    {"scalar on a result", [](const TensorList& v) { return (v[0] * 1).add_(2).mul_(3); }},
    {"own value needed by the other's gradient",
     [](const TensorList& v) {
       Tensor x = v[0] * 1;
       x.mul_(v[0]);
       return x;
     }},
    {"two changes, both saved", [](const TensorList& v) { return (v[0] * 1).exp_().mul_(v[0]).sigmoid_(); }},
    {"row of a result",
     [](const TensorList& v) {
       Tensor x = v[0] * 2;
       x.select(0, 1).mul_(v[0].select(0, 0));
       return x * x;
     }},
    {"row of a constant becomes a result",
     [](const TensorList& v) {
       Tensor x = zeros({2, 3}, kFloat64);
       x[1].copy_(v[0][0]);
       return x * v[0];
     }},
    {"view made before the change of its base",
     [](const TensorList& v) {
       Tensor x = v[0] * 2;
       Tensor row = x.select(0, 0);
       x.mul_(v[0]);
       return row * 3;
     }},
    {"base used after a change of a transposed view",
     [](const TensorList& v) {
       Tensor x = v[0] * 2;
       x.t().slice(0, 0, 2).exp_();
       return x.matmul(v[0].t());
     }},
    {"view of a view",
     [](const TensorList& v) {
       Tensor x = v[0].clone();
       x.view({6}).slice(0, 1, 5).view({2, 2}).mul_(v[0].slice(1, 0, 2));
       return x;
     }},
    {"filling cuts the gradient",
     [](const TensorList& v) {
       Tensor x = v[0] * 2;
       x.select(1, 1).zero_();
       return x + v[0];
     }},
    {"index_put_",
     [](const TensorList& v) {
       Tensor x = v[0] * 2;
       x.index_put_({Slice(), 1}, v[0].select(1, 0));
       return x;
     }},
    {"masked_fill_ and clamp_",
     [](const TensorList& v) { return (v[0] * 2).masked_fill_(v[0] > 1, 0.25).clamp_(-1, 1.2); }},
};
}  // namespace

BOOST_AUTO_TEST_SUITE(inplace)

BOOST_AUTO_TEST_CASE(right) {
  for (auto& [name, fn] : kRight) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(gradcheck(fn, {matrix()}));
      BOOST_TEST(autograd::gradgradcheck(fn, {matrix()}));
    }
  }
}

BOOST_AUTO_TEST_CASE(no_new_memory_without_recording) {
  Tensor x = randn({64, 64});
  void* before = x.data_ptr();
  Tensor view = x[3];
  x.add_(1).mul_(2).relu_().clamp_(0, 1);
  x += x;
  x.t().mul_(2);
  BOOST_TEST(x.data_ptr() == before);
  BOOST_TEST(view.equal(x[3]));
}

BOOST_AUTO_TEST_CASE(values) {
  Tensor x = tensor({{1., 2.}, {3., 4.}});
  x.select(1, 0).add_(tensor({10., 20.}));
  BOOST_TEST(x.equal(tensor({{11., 2.}, {23., 4.}})));
  x.t().copy_(tensor({{1., 2.}, {3., 4.}}));
  BOOST_TEST(x.equal(tensor({{1., 3.}, {2., 4.}})));
  x.slice(1, 1).sub_(x.slice(1, 0, 1));
  BOOST_TEST(x.equal(tensor({{1., 2.}, {2., 2.}})));
  x.copy_(x.t().clone());
  // Operand and result overlap with different strides.
  Tensor y = arange(6, kFloat32);
  y.slice(0, 1).copy_(y.slice(0, 0, 5));
  BOOST_TEST(y.equal(tensor({0., 0., 1., 2., 3., 4.})));
  Tensor z = arange(4, kFloat32).view({2, 2});
  z.add_(z.t());
  BOOST_TEST(z.equal(tensor({{0., 3.}, {3., 6.}})));
}

BOOST_AUTO_TEST_CASE(refused) {
  Tensor x = matrix();
  BOOST_CHECK_THROW(x.add_(1), StateError);
  BOOST_CHECK_THROW(x[0].add_(1), StateError);
  {
    NoGradGuard off;
    x.add_(1);
    x[0].add_(1);
  }
  Tensor wide = zeros({1, 3}).expand({4, 3});
  BOOST_CHECK_THROW(wide.add_(1), StateError);
  Tensor y = x * 2, hidden;
  {
    NoGradGuard off;
    hidden = y[0];
  }
  BOOST_CHECK_THROW(hidden.mul_(2), StateError);
  BOOST_CHECK_THROW(zeros({2}).add_(zeros({3, 2})), ShapeError);
  BOOST_CHECK_THROW(zeros({2}, kInt64).add_(0.5), DtypeError);
}

BOOST_AUTO_TEST_CASE(saved_values_that_change_are_reported) {
  Tensor x = matrix(), c = tensor({2.0, 3.0, 4.0}, kFloat64);
  Tensor y = (x * c).sum();
  c.mul_(2);
  BOOST_CHECK_THROW(y.backward(), StateError);
  Tensor e = x.exp();
  Tensor z = e.sum();
  e.mul_(2);
  BOOST_CHECK_THROW(z.backward({}, true), StateError);
}

BOOST_AUTO_TEST_CASE(optimizer_steps_do_not_disturb_later_graphs) {
  Tensor w = matrix();
  for (int i = 0; i < 3; ++i) {
    w.mutable_grad() = Tensor();
    (w * w).sum().backward();
    NoGradGuard off;
    w.sub_(w.grad(), 0.1);
  }
  BOOST_TEST(w[0][0].item<double>() == 0.5 * 0.8 * 0.8 * 0.8, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_SUITE_END()
