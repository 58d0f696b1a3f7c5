// Compares normalisation, prelu and channel dropout in float32 with float64 in each memory order.
#include <boost/test/unit_test.hpp>

#include "fast_kernels.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::test;

namespace {

struct Place {
  const char* name;
  Tensor (*put)(const Tensor&);
};
const Place kPlaces[] = {
    {"standard", [](const Tensor& t) { return t; }},
    {"privately channels-last", privately_channels_last},
    {"channels-last by its strides", [](const Tensor& t) { return t.contiguous(MemoryFormat::ChannelsLast); }},
};

/// Compares fn with the reference for images in each memory order.
void hold_images(const std::string& what, const Fn& fn, const TensorList& inputs, double tolerance) {
  for (const Place& p : kPlaces) hold_to_reference(what + ", " + p.name, fn, inputs, tolerance, p.put);
}

const Dims kImages[] = {{2, 3, 5, 7}, {1, 5, 9, 9}, {17, 33, 11, 13}, {64, 2, 3, 3}};
const Dims kOthers[] = {{3, 4}, {130, 257}, {3, 5, 7}, {2, 4, 3, 2, 5}};

TensorList batch(IntArrayRef sizes) {
  const int64_t c = sizes[1];
  return {randn(sizes) * 2 + 3, rand({c}) + 0.5, randn({c})};
}

Tensor train_norm(const TensorList& in) { return batch_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-3); }

}  // namespace

BOOST_AUTO_TEST_SUITE(norm)

BOOST_AUTO_TEST_CASE(batch_norm_of_images) {
  manual_seed(1);
  for (const Dims& s : kImages) hold_images("batch_norm " + to_string(s), train_norm, batch(s), 2e-5);
}

BOOST_AUTO_TEST_CASE(batch_norm_of_other_batches) {
  manual_seed(2);
  for (const Dims& s : kOthers) hold_to_reference("batch_norm " + to_string(s), train_norm, batch(s), 2e-5);
}

BOOST_AUTO_TEST_CASE(batch_norm_evaluated) {
  manual_seed(3);
  for (const Dims& s : kImages) {
    const int64_t c = s[1];
    const Tensor mean = randn({c}), var = rand({c}) + 0.3;
    auto fn = [&](const TensorList& in) {
      return batch_norm(in[0], in[1], in[2], mean.to(in[0].dtype()), var.to(in[0].dtype()), false);
    };
    hold_images("batch_norm in eval " + to_string(s), fn, batch(s), 5e-6);
  }
}

BOOST_AUTO_TEST_CASE(a_far_mean_costs_no_digits) {
  manual_seed(4);
  const Tensor x = randn({8, 3, 16, 16}) + 1000;
  for (const Place& p : kPlaces) {
    const Tensor y = batch_norm(p.put(x), {}, {}, {}, {}, true);
    check_close(y, batch_norm(x.to(kFloat64), {}, {}, {}, {}, true), 1e-4, p.name);
  }
}

BOOST_AUTO_TEST_CASE(group_and_instance_norm) {
  manual_seed(5);
  for (const Dims& s : {Dims{2, 6, 5, 7}, Dims{1, 12, 9, 9}, Dims{16, 18, 13, 11}}) {
    hold_images(
        "group_norm " + to_string(s), [](const TensorList& in) { return group_norm(in[0], 3, in[1], in[2]); }, batch(s),
        3e-5);
    hold_images(
        "instance_norm " + to_string(s), [](const TensorList& in) { return instance_norm(in[0], in[1], in[2]); },
        batch(s), 3e-5);
  }
  hold_to_reference(
      "group_norm of [N, C]", [](const TensorList& in) { return group_norm(in[0], 2, in[1], in[2]); }, batch({30, 64}),
      3e-5);
}

BOOST_AUTO_TEST_CASE(layer_norm_of_rows) {
  manual_seed(6);
  for (const Dims& s : {Dims{1, 3}, Dims{5, 1, 17}, Dims{301, 129}, Dims{3, 1024}})
    hold_to_reference(
        "layer_norm " + to_string(s),
        [](const TensorList& in) { return layer_norm(in[0], in[0].size(-1), in[1], in[2], 1e-3); },
        {randn(s) * 2 + 3, rand({s.back()}) + 0.5, randn({s.back()})}, 3e-5);
}

BOOST_AUTO_TEST_CASE(prelu_shared_and_by_channel) {
  manual_seed(7);
  auto fn = [](const TensorList& in) { return prelu(in[0], in[1]); };
  for (const Dims& s : kImages) {
    hold_images("prelu by channel " + to_string(s), fn, {randn(s), randn({s[1]})}, 5e-6);
    hold_images("prelu shared " + to_string(s), fn, {randn(s), randn({1})}, 5e-6);
  }
  for (const Dims& s : kOthers) {
    hold_to_reference("prelu by channel " + to_string(s), fn, {randn(s), randn({s[1]})}, 5e-6);
    hold_to_reference("prelu shared " + to_string(s), fn, {randn(s), randn({1})}, 5e-6);
  }
}

BOOST_AUTO_TEST_CASE(results_keep_the_order_of_memory) {
  manual_seed(8);
  const Tensor x = randn({2, 3, 4, 5});
  const Tensor lying = privately_channels_last(x), strided = x.contiguous(MemoryFormat::ChannelsLast);
  auto hold = [&](const Fn& fn) {
    BOOST_CHECK(kernel::lies_channels_last(fn({lying})));
    BOOST_CHECK(kernel::lies_channels_last(lying));
    BOOST_CHECK(fn({lying}).strides() == x.strides());
    BOOST_CHECK(fn({strided}).strides() == strided.strides());
  };
  hold([](const TensorList& in) { return batch_norm(in[0], {}, {}, {}, {}, true); });
  hold([](const TensorList& in) { return group_norm(in[0], 3); });
  hold([](const TensorList& in) { return prelu(in[0], full({1}, 0.25)); });
  hold([](const TensorList& in) { return dropout(in[0], 0.5); });
  hold([](const TensorList& in) { return dropout2d(in[0], 0.5); });
}

BOOST_AUTO_TEST_SUITE_END()
