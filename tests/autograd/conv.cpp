// Convolution and pooling as differentiable ops: gradients, second derivatives, memory order along a chain, errors.
#include <boost/test/unit_test.hpp>

#include "tests/tensor/kernel_support.h"
#include "weft/autograd/autograd.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/onednn/onednn.h"

using namespace weft;
using namespace weft::test;
using autograd::grad;
using autograd::gradcheck;
using autograd::gradgradcheck;

namespace {

using Function = std::function<Tensor(const TensorList&)>;
struct Row {
  const char* name;
  std::vector<std::vector<int64_t>> inputs;
  Function f;
};

Tensor at(const TensorList& in, size_t i) { return i < in.size() ? in[i] : Tensor(); }

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"conv2d",
       {{2, 2, 5, 4}, {3, 2, 3, 2}, {3}},
       [](auto& in) {
         return conv2d(in[0], in[1], at(in, 2), 1, {1, 0});
       }},
      {"conv2d, no bias", {{1, 2, 4, 4}, {2, 2, 2, 2}}, [](auto& in) { return conv2d(in[0], in[1]); }},
      {"conv2d, one image", {{2, 4, 4}, {2, 2, 3, 3}, {2}}, [](auto& in) { return conv2d(in[0], in[1], in[2], 1, 1); }},
      {"conv2d, strided and dilated",
       {{2, 2, 7, 6}, {2, 2, 2, 2}, {2}},
       [](auto& in) {
         return conv2d(in[0], in[1], in[2], {2, 3}, 1, {2, 1});
       }},
      {"conv2d, groups",
       {{2, 4, 4, 4}, {6, 2, 3, 3}, {6}},
       [](auto& in) { return conv2d(in[0], in[1], in[2], 1, 1, 1, 2); }},
      {"conv2d, depthwise",
       {{1, 3, 4, 4}, {3, 1, 3, 3}, {3}},
       [](auto& in) { return conv2d(in[0], in[1], in[2], 2, 1, 1, 3); }},
      {"conv1d", {{2, 2, 7}, {3, 2, 3}, {3}}, [](auto& in) { return conv1d(in[0], in[1], in[2], 2, 1); }},
      {"conv1d, one image", {{2, 6}, {2, 1, 2}, {2}}, [](auto& in) { return conv1d(in[0], in[1], in[2], 1, 0, 2, 2); }},
      {"conv_transpose2d",
       {{2, 2, 3, 4}, {2, 3, 3, 2}, {3}},
       [](auto& in) {
         return conv_transpose2d(in[0], in[1], in[2], 2, {1, 0}, 1);
       }},
      {"conv_transpose2d, groups",
       {{1, 4, 3, 3}, {4, 1, 2, 2}, {2}},
       [](auto& in) { return conv_transpose2d(in[0], in[1], in[2], 1, 0, 0, 2); }},
      {"conv_transpose2d, output padding above the stride",
       {{1, 2, 3, 3}, {2, 2, 2, 2}},
       [](auto& in) { return conv_transpose2d(in[0], in[1], {}, 1, 0, 2, 1, 3); }},
      {"max_pool2d", {{2, 2, 5, 4}}, [](auto& in) { return max_pool2d(in[0], 2); }},
      {"max_pool2d, overlapping", {{1, 2, 6, 5}}, [](auto& in) { return max_pool2d(in[0], 3, 2, 1, 1, true); }},
      {"max_pool2d, dilated", {{1, 5, 6}}, [](auto& in) { return max_pool2d(in[0], 2, 1, 0, 2); }},
      {"adaptive_max_pool2d",
       {{1, 2, 5, 7}},
       [](auto& in) {
         return adaptive_max_pool2d(in[0], {2, 3});
       }},
      {"avg_pool2d", {{2, 2, 5, 5}}, [](auto& in) { return avg_pool2d(in[0], 3, 2, 1, true); }},
      {"avg_pool2d, own pixels only",
       {{1, 2, 5, 5}},
       [](auto& in) { return avg_pool2d(in[0], 3, 2, 1, false, false); }},
      {"avg_pool2d, divisor", {{1, 2, 4, 4}}, [](auto& in) { return avg_pool2d(in[0], 2, {}, 0, false, true, 3); }},
      {"adaptive_avg_pool2d",
       {{1, 2, 5, 7}},
       [](auto& in) {
         return adaptive_avg_pool2d(in[0], {3, 2});
       }},
  };
  return all;
}

// Inputs with well separated values, so that no maximum changes under a small step.
TensorList inputs_of(const Row& row, Dtype dtype = kFloat64) {
  TensorList inputs;
  for (const auto& sizes : row.inputs) {
    const int64_t n = numel_of(sizes);
    inputs.push_back(
        (randperm(n).to(dtype) * (2.0 / static_cast<double>(n)) - 0.9).view(sizes).set_requires_grad(true));
  }
  return inputs;
}

// Output, gradients, and gradients of a scalar computed from those, all with fixed weights.
TensorList all_derivatives(const Row& row, const TensorList& inputs) {
  auto weighted = [](const Tensor& t, double phase) {
    // computed from a float32 angle it would differ
    const Tensor weights = (arange(t.numel()).to(kFloat64) * 0.7 + phase).sin();
    return (t * weights.to(t.dtype()).view(t.sizes())).sum();
  };
  TensorList out{row.f(inputs)};
  const TensorList first = grad({weighted(out[0].sin(), 0)}, inputs, {}, true, true);
  Tensor sum = weighted(first[0], 1);
  for (size_t i = 1; i < first.size(); ++i) sum = sum + weighted(first[i], static_cast<double>(i) + 1);
  const TensorList second = grad({sum}, inputs, {}, {}, false, true);
  out.insert(out.end(), first.begin(), first.end());
  for (const Tensor& t : second)
    if (t.defined()) out.push_back(t);
  return out;
}

template <class E, class F>
void check_message(F f, const std::string& message) {
  BOOST_CHECK_EXCEPTION(f(), E, [&](const E& e) {
    BOOST_TEST(e.what() == message);
    return true;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conv)

BOOST_AUTO_TEST_CASE(gradients_and_second_derivatives) {
  manual_seed(1);
  for (const Row& row : rows()) {
    BOOST_TEST_CONTEXT(row.name) {
      const TensorList inputs = inputs_of(row);
      BOOST_TEST(gradcheck(row.f, inputs));
      BOOST_TEST(gradgradcheck(row.f, inputs));
    }
  }
}

BOOST_AUTO_TEST_CASE(float32_derivatives_of_both_orders_agree_with_float64_in_every_memory_order) {
  manual_seed(2);
  for (const Row& row : rows()) {
    TensorList inputs;  // the same values in both precisions
    for (const Tensor& t : inputs_of(row, kFloat32)) inputs.push_back(t.detach().to(kFloat64).set_requires_grad(true));
    const TensorList want = all_derivatives(row, inputs);
    for (Order order : kOrders) {
      TensorList narrow;
      for (const Tensor& t : inputs) {
        const Tensor x = t.detach().to(kFloat32);
        narrow.push_back((x.dim() == 4 ? laid_out(x, order) : x).set_requires_grad(true));
      }
      const TensorList got = all_derivatives(row, narrow);
      BOOST_REQUIRE_EQUAL(got.size(), want.size());
      for (size_t i = 0; i < want.size(); ++i)
        BOOST_TEST(difference(got[i], want[i]) < 2e-6,
                   row.name << ", result " << i << ", order " << int(order) << ": " << difference(got[i], want[i]));
    }
  }
}

BOOST_AUTO_TEST_CASE(dropped_graphs_leave_nothing_behind) {
  const int64_t before = TensorImpl::live();
  for (const Row& row : rows()) {
    {
      const TensorList inputs = inputs_of(row, kFloat32);
      const Tensor y = row.f(inputs);
      const TensorList first = grad({y.sum()}, inputs, {}, true, true);
    }
    BOOST_TEST(TensorImpl::live() == before, row.name);
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_image_ops_never_reorders) {
  manual_seed(3);
  Tensor x = randn({4, 1, 16, 16}), w1 = randn({8, 1, 3, 3}), w2 = randn({16, 8, 3, 3});
  w1.set_requires_grad(true), w2.set_requires_grad(true);
  const Tensor a = conv2d(x, w1, {}, 1, 1), b = a.relu(), c = max_pool2d(b, 2), d = conv2d(c, w2, {}, 1, 1),
               e = avg_pool2d(d, 2);
  for (const Tensor* t : {&a, &b, &c, &d}) t->retain_grad();
  e.square().sum().backward();
  for (const Tensor* t : {&a, &b, &c, &d, &e}) BOOST_TEST(t->impl().storage->channels_last());
  // The gradient of e comes from a sum and has its memory order.
  for (const Tensor* t : {&a, &b, &c, &d}) BOOST_TEST(t->grad().impl().storage->channels_last());
}

BOOST_AUTO_TEST_CASE(an_input_that_needs_no_gradient_costs_nothing) {
  const auto plans_of = [](bool x_needs, bool w_needs, int64_t width) {
    Tensor x = ones({2, 3, 9, width}), w = ones({4, 3, 3, 3});
    x.set_requires_grad(x_needs), w.set_requires_grad(w_needs);
    const int64_t before = onednn::plan_count();
    conv2d(x, w).sum().backward();
    return onednn::plan_count() - before;  // one for each pass that ran
  };
  BOOST_TEST(plans_of(false, true, 31) == 2);
  BOOST_TEST(plans_of(true, false, 33) == 2);
  BOOST_TEST(plans_of(true, true, 35) == 3);
}

BOOST_AUTO_TEST_CASE(indices_are_positions_in_the_plane) {
  const Tensor x = arange(2 * 3 * 4 * 4).to(kFloat32).view({2, 3, 4, 4});
  const auto [y, index] = max_pool2d_with_indices(x, 2);
  BOOST_TEST((index.dtype() == kInt64));
  BOOST_TEST(index.equal(tensor({5, 7, 13, 15}).view({1, 1, 2, 2}).expand({2, 3, 2, 2})));
  BOOST_TEST(x.view({2, 3, 16}).gather(2, index.view({2, 3, 4})).equal(y.view({2, 3, 4})));
  const auto [one, one_index] = max_pool2d_with_indices(x[0], 2);
  BOOST_TEST(one.equal(y[0]));
  BOOST_TEST(one_index.equal(index[0]));
}

BOOST_AUTO_TEST_CASE(errors_tell_the_facts) {
  const Tensor x = ones({64, 16, 12, 12});
  check_message<ShapeError>(
      [&] {
        conv2d(x, ones({32, 32, 3, 3}));
      },
      "[conv2d] input has 16 channels, weight expects 32 (input [64, 16, 12, 12], weight [32, 32, 3, 3])");
  check_message<ShapeError>(
      [&] {
        conv2d(x, ones({8, 16, 13, 3}));
      },
      "[conv2d] a kernel that spans 13 does not fit a padded input of 12 (input [64, 16, 12, 12], "
      "weight [8, 16, 13, 3])");
  check_message<ShapeError>(
      [&] {
        conv2d(x, ones({8, 16, 3, 3}), ones({7}));
      },
      "[conv2d] bias is [7], expected [8] (input [64, 16, 12, 12], weight [8, 16, 3, 3])");
  check_message<ShapeError>(
      [&] {
        conv2d(x, ones({6, 4, 3, 3}), {}, 1, 0, 1, 4);
      },
      "[conv2d] 16 input and 6 output channels do not divide into 4 groups (input [64, 16, 12, 12], "
      "weight [6, 4, 3, 3])");
  check_message<ShapeError>(
      [&] {
        conv1d(x, ones({6, 4, 3}));
      },
      "[conv1d] input must have 2 or 3 dimensions, got [64, 16, 12, 12]");
  check_message<ShapeError>(
      [&] {
        conv_transpose2d(x, ones({8, 4, 3, 3}));
      },
      "[conv_transpose2d] input has 16 channels, weight expects 8 (input [64, 16, 12, 12], weight [8, "
      "4, 3, 3])");
  check_message<ShapeError>([&] { max_pool2d(x, 13); },
                            "[max_pool2d] the windows do not fit an input of [64, 16, 12, 12]");
  check_message<ValueError>([&] { max_pool2d(x, 3, 2, 2); },
                            "[max_pool2d] padding [2] must be at most half of kernel_size [3]");
  check_message<ValueError>(
      [&] {
        conv2d(x, ones({8, 16, 3, 3}), {}, 0);
      },
      "[conv2d] stride must be at least 1, got [0]");
  BOOST_CHECK_THROW(conv2d(x, ones({8, 16, 3, 3}, kFloat64)), DtypeError);
  BOOST_CHECK_THROW(conv2d(ones({1, 1, 4, 4}, kInt64), ones({1, 1, 3, 3}, kInt64)), DtypeError);
  BOOST_CHECK_THROW(avg_pool2d(ones({4, 4}), 2), ShapeError);
  BOOST_CHECK_THROW(conv_transpose2d(x, ones({16, 4, 3, 3}), {}, 2, 0, 2), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
