// Rows of the fused ops, compared with the ops they replace.
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

std::vector<OpRow> temporary_rows() {
  return {
      {"act_on_spent", returns([](In in) { return autograd::act_on_spent(Act::Tanh, in[0] * 2); }),
       [] {
         return TensorList{spread({3, 4})};
       },
       returns([](In in) { return (in[0] * 2).tanh(); }), [] { autograd::act_on_spent(Act::Relu, Tensor()); },
       [] {
         return TensorList{spread({130, 257})};
       }},
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

BOOST_AUTO_TEST_SUITE(temporaries)
WEFT_ROW_TESTS(temporary_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(convolutions)
WEFT_ROW_TESTS(conv_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pooling)
WEFT_ROW_TESTS(pool_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
