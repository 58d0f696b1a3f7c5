// Rows of the ops that compute a layer together with what follows it, held to the ops they stand for.
#include <boost/test/unit_test.hpp>

#include "tests/op_rows.h"
#include "weft/autograd/fused.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::test;
using autograd::Act;

namespace {

using In = const TensorList&;
using T = const Tensor&;

Tensor apply(Act act, T x) {
  return act == Act::Relu ? x.relu() : act == Act::Sigmoid ? x.sigmoid() : act == Act::Tanh ? x.tanh() : x;
}

OpRow linear_row(const std::string& name, Act act, Dims x, int64_t out, Dims large, int64_t large_out) {
  const auto inputs = [](Dims x, int64_t out) {
    return TensorList{spread(x), spread({out, x.back()}, -1, 1, 2), spread({out}, -1, 1, 3)};
  };
  return {name,
          returns([act](In in) { return autograd::linear_act(in[0], in[1], in[2], act); }),
          [=] { return inputs(x, out); },
          returns([act](In in) { return apply(act, linear(in[0], in[1], in[2])); }),
          [act] {
            autograd::linear_act(zeros({2, 3}), zeros({4, 5}), {}, act);
          },
          [=] { return inputs(large, large_out); }};
}

OpRow prelu_row(const std::string& name, Dims x, int64_t slopes) {
  const auto inputs = [slopes](Dims x, int64_t out) {
    return TensorList{fixed(x), fixed({out, x.back()}, -1, 1, 2), fixed({out}, -1, 1, 3),
                      fixed({slopes == 1 ? 1 : out}, -0.5, 1, 4)};
  };
  return {name,
          returns([](In in) { return autograd::linear_prelu(in[0], in[1], in[2], in[3]); }),
          [=] { return inputs(x, 6); },
          returns([](In in) { return prelu(linear(in[0], in[1], in[2]), in[3]); }),
          [] {
            autograd::linear_prelu(zeros({2, 3}), zeros({4, 3}), {}, zeros({3}));
          },
          [=] {
            return inputs({130, 170}, 257);
          }};
}

std::vector<OpRow> linear_rows() {
  return {
      linear_row("linear_act of relu", Act::Relu, {3, 4}, 5, {130, 170}, 256),
      linear_row("linear_act of sigmoid", Act::Sigmoid, {3, 4}, 16, {130, 170}, 50),
      linear_row("linear_act of tanh", Act::Tanh, {2, 3, 4}, 5, {3, 50, 170}, 272),
      linear_row("linear_act of nothing", Act::None, {4}, 3, {70}, 300),
      prelu_row("linear_prelu of one slope", {3, 4}, 1),
      prelu_row("linear_prelu of a slope per feature", {3, 4}, 6),
  };
}

const autograd::ConvArgs kConv{{1}, {1}};

TensorList conv_inputs(Dims x, Dims w) { return {spread(x), spread(w, -1, 1.2, 2), spread({w[0]}, -1, 1, 3)}; }

OpRow conv_row(const std::string& name, Act act, Dims x, Dims w, Dims large, Dims large_w) {
  return {name,
          returns([act](In in) { return autograd::conv2d_act(in[0], in[1], in[2], kConv, act); }),
          [=] { return conv_inputs(x, w); },
          returns([act](In in) { return apply(act, conv2d(in[0], in[1], in[2], 1, 1)); }),
          [act] {
            autograd::conv2d_act(zeros({2, 3, 4, 4}), zeros({1, 4, 3, 3}), {}, kConv, act);
          },
          [=] { return conv_inputs(large, large_w); }};
}

OpRow pooled_row(const std::string& name, autograd::MaxPoolArgs pool, bool relu, Dims x, Dims w, Dims large,
                 Dims large_w) {
  return {name,
          returns([=](In in) { return autograd::conv2d_max_pool2d(in[0], in[1], in[2], kConv, pool, relu); }),
          [=] { return conv_inputs(x, w); },
          returns([=](In in) {
            const Tensor y = conv2d(in[0], in[1], in[2], 1, 1);
            return max_pool2d(relu ? y.relu() : y, pool.kernel_size, pool.stride, 0, 1, pool.ceil_mode);
          }),
          [=] {
            autograd::conv2d_max_pool2d(zeros({2, 3, 4, 4}), zeros({1, 3, 3, 3}), {}, kConv, {{9}}, relu);
          },
          [=] { return conv_inputs(large, large_w); }};
}

std::vector<OpRow> conv_rows() {
  return {
      conv_row("conv2d_act of relu", Act::Relu, {2, 3, 6, 5}, {4, 3, 3, 3}, {9, 16, 14, 15}, {24, 16, 3, 3}),
      conv_row("conv2d_act of tanh", Act::Tanh, {1, 1, 6, 5}, {4, 1, 3, 3}, {9, 1, 28, 28}, {24, 1, 3, 3}),
      conv_row("conv2d_act of sigmoid without batch", Act::Sigmoid, {3, 6, 5}, {4, 3, 3, 3}, {3, 30, 31},
               {24, 3, 3, 3}),
      pooled_row("conv2d_max_pool2d", {{2}}, false, {2, 3, 6, 5}, {4, 3, 3, 3}, {9, 16, 14, 15}, {24, 16, 3, 3}),
      pooled_row("conv2d_max_pool2d with relu", {{2}}, true, {2, 3, 6, 5}, {4, 3, 3, 3}, {9, 16, 14, 15},
                 {24, 16, 3, 3}),
      pooled_row("conv2d_max_pool2d that overlaps", {{3}, {2}, {0}, {1}, true}, true, {2, 1, 6, 6}, {4, 1, 3, 3},
                 {11, 1, 28, 28}, {24, 1, 3, 3}),
      pooled_row("conv2d_max_pool2d of one channel", {{2}}, true, {2, 2, 4, 4}, {1, 2, 3, 3}, {9, 16, 14, 15},
                 {1, 16, 3, 3}),
      pooled_row("conv2d_max_pool2d without batch", {{4}}, true, {2, 4, 4}, {3, 2, 3, 3}, {3, 28, 28}, {40, 3, 3, 3}),
  };
}

std::vector<OpRow> pool_rows() {
  const auto row = [](const std::string& name, int64_t kernel, int64_t stride, Dims x, Dims large) {
    return OpRow{name,
                 returns([=](In in) {
                   return autograd::max_pool2d_relu(in[0], {{kernel}, {stride}});
                 }),
                 [=] { return TensorList{spread(x)}; },
                 returns([=](In in) { return max_pool2d(in[0].relu(), kernel, stride); }),
                 [] {
                   autograd::max_pool2d_relu(zeros({2, 3}), {{2}});
                 },
                 [=] { return TensorList{spread(large)}; }};
  };
  return {
      row("max_pool2d_relu", 2, 2, {2, 3, 6, 7}, {9, 24, 27, 28}),
      row("max_pool2d_relu that overlaps", 3, 1, {3, 6, 7}, {24, 57, 58}),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_fused)

BOOST_AUTO_TEST_SUITE(linear_layers)
WEFT_ROW_TESTS(linear_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(convolutions)
WEFT_ROW_TESTS(conv_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pooling)
WEFT_ROW_TESTS(pool_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(linear_prelu_is_not_recorded) {
  const Tensor x = zeros({2, 3}), w = zeros({4, 3}), slope = zeros({1}, TensorOptions().requires_grad(true));
  BOOST_CHECK_THROW(autograd::linear_prelu(x, w, {}, slope), StateError);
}

BOOST_AUTO_TEST_CASE(functions_of_integer_products) {
  const Tensor x = arange(6).view({2, 3}) - 3, w = arange(48).view({16, 3}), y = linear(x, w);
  BOOST_CHECK(autograd::linear_act(x, w, {}, Act::Relu).equal(y.relu()));
  BOOST_CHECK(autograd::linear_act(x, w, {}, Act::Sigmoid).equal(y.sigmoid()));
  BOOST_CHECK_THROW(autograd::linear_prelu(x, w, {}, ones({1}, kInt64)), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()
