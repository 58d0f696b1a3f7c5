// Matrix products as differentiable ops: PyTorch's shapes, gradients, errors.
#include <boost/test/unit_test.hpp>

#include "tests/tensor/kernel_support.h"
#include "weft/autograd/autograd.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"

using namespace weft;
using namespace weft::test;
using Sizes = std::vector<int64_t>;

namespace {

struct Row {
  const char* name;
  std::vector<Sizes> inputs;
  Sizes out;
  std::function<Tensor(const TensorList&)> f;
};

Tensor product(const TensorList& in) { return in[0].matmul(in[1]); }

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"dot", {{5}, {5}}, {}, product},
      {"matrix, vector", {{3, 5}, {5}}, {3}, product},
      {"vector, matrix", {{5}, {5, 4}}, {4}, product},
      {"matrices", {{3, 5}, {5, 4}}, {3, 4}, product},
      {"batch, matrix", {{2, 3, 5}, {5, 4}}, {2, 3, 4}, product},
      {"matrix, batch", {{3, 5}, {2, 5, 4}}, {2, 3, 4}, product},
      {"batch, vector", {{2, 3, 5}, {5}}, {2, 3}, product},
      {"vector, batch", {{5}, {2, 5, 4}}, {2, 4}, product},
      {"batches", {{2, 3, 5}, {2, 5, 4}}, {2, 3, 4}, product},
      {"broadcast batches", {{2, 1, 3, 5}, {3, 5, 4}}, {2, 3, 3, 4}, product},
      {"mm", {{3, 5}, {5, 4}}, {3, 4}, [](auto& in) { return in[0].mm(in[1]); }},
      {"mm, transposed", {{5, 3}, {4, 5}}, {3, 4}, [](auto& in) { return in[0].t().mm(in[1].t()); }},
      {"bmm", {{2, 3, 5}, {2, 5, 4}}, {2, 3, 4}, [](auto& in) { return in[0].bmm(in[1]); }},
      {"mv", {{3, 5}, {5}}, {3}, [](auto& in) { return in[0].mv(in[1]); }},
      {"addmm", {{3, 4}, {3, 5}, {5, 4}}, {3, 4}, [](auto& in) { return in[0].addmm(in[1], in[2], 0.5, 2.0); }},
      {"addmm, a row", {{4}, {3, 5}, {5, 4}}, {3, 4}, [](auto& in) { return in[0].addmm(in[1], in[2]); }},
      {"linear", {{3, 5}, {4, 5}, {4}}, {3, 4}, [](auto& in) { return linear(in[0], in[1], in[2]); }},
      {"linear, no bias", {{3, 5}, {4, 5}}, {3, 4}, [](auto& in) { return linear(in[0], in[1]); }},
      {"linear of a vector", {{5}, {4, 5}, {4}}, {4}, [](auto& in) { return linear(in[0], in[1], in[2]); }},
      {"linear of a batch", {{2, 3, 5}, {4, 5}, {4}}, {2, 3, 4}, [](auto& in) { return linear(in[0], in[1], in[2]); }},
  };
  return all;
}

TensorList inputs_of(const Row& row) {
  TensorList inputs;
  for (const Sizes& s : row.inputs) inputs.push_back(randn(s, kFloat64).set_requires_grad(true));
  return inputs;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(matmul)

BOOST_AUTO_TEST_CASE(shapes_gradients_and_second_derivatives) {
  manual_seed(1);
  for (const Row& row : rows()) {
    BOOST_TEST_CONTEXT(row.name) {
      const TensorList inputs = inputs_of(row);
      const Tensor y = row.f(inputs);
      BOOST_TEST(to_string(y.sizes()) == to_string(IntArrayRef(row.out)));
      TensorList narrow;
      for (const Tensor& t : inputs) narrow.push_back(t.detach().to(kFloat32));
      BOOST_TEST(difference(row.f(narrow), y.detach()) < 1e-6);
      BOOST_TEST(autograd::gradcheck(row.f, inputs));
      BOOST_TEST(autograd::gradgradcheck(row.f, inputs));
    }
  }
}

BOOST_AUTO_TEST_CASE(values_are_those_of_the_definition) {
  const Tensor a = tensor({{1., 2.}, {3., 4.}}), b = tensor({{5., 6.}, {7., 8.}}), v = tensor({1., -1.});
  BOOST_TEST(a.matmul(b).equal(tensor({{19., 22.}, {43., 50.}})));
  BOOST_TEST(a.matmul(v).equal(tensor({-1., -1.})));
  BOOST_TEST(v.matmul(a).equal(tensor({-2., -2.})));
  BOOST_TEST(v.matmul(v).item<double>() == 2);
  BOOST_TEST(linear(v, a, b[0]).equal(tensor({4., 5.})));
  BOOST_TEST(v.addmm(a, b, 10, 1).equal(tensor({{29., 12.}, {53., 40.}})));
  BOOST_TEST(a.to(kInt64).matmul(b.to(kInt64)).equal(tensor({{19, 22}, {43, 50}})));
}

BOOST_AUTO_TEST_CASE(batches_agree_with_their_matrices) {
  manual_seed(2);
  const Tensor a = randn({3, 1, 6, 7}), b = randn({2, 7, 5}), c = a.matmul(b);
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 2; ++j) BOOST_TEST(difference(c[i][j], a[i][0].mm(b[j])) < 1e-6);
}

BOOST_AUTO_TEST_CASE(sizes_of_zero) {
  BOOST_TEST(ones({3, 0}).matmul(ones({0, 2})).equal(zeros({3, 2})));
  BOOST_TEST(to_string(linear(ones({0, 5}), ones({4, 5}), ones({4})).sizes()) == "[0, 4]");
  BOOST_TEST(linear(ones({2, 0}), ones({3, 0}), ones({3})).equal(ones({2, 3})));
}

BOOST_AUTO_TEST_CASE(dropped_graphs_leave_nothing_behind) {
  const int64_t before = TensorImpl::live();
  for (const Row& row : rows()) {
    {
      const TensorList inputs = inputs_of(row);
      const TensorList first = autograd::grad({row.f(inputs).sum()}, inputs, {}, true, true);
    }
    BOOST_TEST(TensorImpl::live() == before, row.name);
  }
}

BOOST_AUTO_TEST_CASE(errors_tell_the_facts) {
  const auto message = [](auto f) {
    try {
      f();
    } catch (const ShapeError& e) {
      return std::string(e.what());
    }
    return std::string("no ShapeError");
  };
  const Tensor a = ones({2, 3}), b = ones({4, 5});
  BOOST_TEST(message([&] { a.matmul(b); }) == "[matmul] [2, 3] and [4, 5] do not multiply: 3 against 4");
  BOOST_TEST(message([&] { a.mm(ones({3})); }) == "[mm] takes 2 and 2 dimensions, got [2, 3] and [3]");
  BOOST_TEST(message([&] {
               ones({2, 2, 3}).bmm(ones({3, 3, 2}));
             }) == "[bmm] batches of 2 and 3 (sizes [2, 2, 3] and [3, 3, 2])");
  BOOST_TEST(message([&] { linear(a, b); }) ==
             "[linear] input has 3 features, weight expects 5 (input [2, 3], weight [4, 5])");
  BOOST_TEST(message([&] {
               linear(ones({2, 5}), b, ones({3}));
             }) == "[linear] bias is [3], expected [4] (weight [4, 5])");
  BOOST_CHECK_THROW(a.matmul(ones({3, 2}, kFloat64)), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()
