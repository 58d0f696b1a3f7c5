// Layers that a Sequential fuses into one op: the results are indistinguishable.
#include <cmath>

#include "tests/nn/support.h"

namespace weft {
namespace {

struct DoubledImpl : nn::LinearImpl {
  DoubledImpl(int64_t in, int64_t out) : nn::LinearImpl(in, out) {}
  Tensor forward(const Tensor& x) { return nn::LinearImpl::forward(x) * 2; }
};
WEFT_MODULE(Doubled);

/// The layers called one by one, as a Sequential without fused ops would.
Tensor one_by_one(nn::Sequential& net, Tensor x) {
  for (auto& layer : *net) x = layer.forward(x);
  return x;
}

struct Case {
  const char* name;
  std::function<nn::Sequential()> make;
  Dims input;
};

nn::Conv2dOptions conv(int64_t in, int64_t out, int64_t kernel) { return {in, out, kernel}; }

std::vector<Case> cases() {
  using nn::Sequential;
  const Dims images{5, 3, 12, 11};
  return {
      {"linear relu linear tanh linear",
       [] { return Sequential(nn::Linear(7, 32), nn::ReLU(), nn::Linear(32, 9), nn::Tanh(), nn::Linear(9, 2)); },
       {6, 7}},
      {"linear sigmoid of sequences", [] { return Sequential(nn::Linear(7, 5), nn::Sigmoid()); }, {2, 3, 7}},
      {"linear prelu",
       [] { return Sequential(nn::Linear(7, 40), nn::PReLU(), nn::Linear(40, 3), nn::PReLU(3)); },
       {6, 7}},
      {"linear relu in place", [] { return Sequential(nn::Linear(7, 32), nn::ReLU(true)); }, {6, 7}},
      {"conv relu", [] { return Sequential(nn::Conv2d(3, 8, 3), nn::ReLU()); }, images},
      {"conv sigmoid", [] { return Sequential(nn::Conv2d(conv(3, 8, 3).bias(false)), nn::Sigmoid()); }, images},
      {"conv pool", [] { return Sequential(nn::Conv2d(conv(3, 8, 3).padding(1)), nn::MaxPool2d(2)); }, images},
      {"conv relu pool",
       [] {
         return Sequential(nn::Conv2d(conv(3, 8, 3).padding(kSame)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                           nn::Linear(240, 4));
       },
       images},
      {"conv pool relu conv pool relu",
       [] {
         return Sequential(nn::Conv2d(3, 8, 3), nn::MaxPool2d(2), nn::ReLU(), nn::Conv2d(8, 4, 3),
                           nn::MaxPool2d(nn::MaxPool2dOptions(2).stride(1)), nn::ReLU());
       },
       images},
      {"conv of an even kernel, relu", [] { return Sequential(nn::Conv2d(conv(3, 8, 4).padding(kSame)), nn::ReLU()); },
       images},
      {"conv of mirrored borders, relu",
       [] { return Sequential(nn::Conv2d(conv(3, 8, 3).padding(1).padding_mode(kReflect)), nn::ReLU()); }, images},
      {"norm relu pool", [] { return Sequential(nn::BatchNorm2d(3), nn::ReLU(), nn::MaxPool2d(2)); }, images},
      {"pool relu of an image", [] { return Sequential(nn::MaxPool2d(3), nn::ReLU()); }, {3, 12, 11}},
      {"conv relu pool of an image",
       [] { return Sequential(nn::Conv2d(3, 8, 3), nn::ReLU(), nn::MaxPool2d(2)); },
       {3, 12, 11}},
  };
}

struct Run {
  Tensor result;
  TensorList gradients;  // of the input and the parameters
};
template <class Forward>
Run run(const Case& c, Dtype dtype, bool channels_last, Forward forward) {
  manual_seed(3);
  nn::Sequential net = c.make();
  net->to(dtype);
  Tensor x = randn(c.input, dtype);
  if (channels_last) x = x.contiguous(MemoryFormat::ChannelsLast);
  const Tensor kept = x.clone();
  x.set_requires_grad(true);
  Run r{forward(net, x), {}};
  r.result.square().sum().backward();
  BOOST_TEST(x.detach().equal(kept));
  r.gradients = {x.grad()};
  for (const Tensor& p : net->parameters()) r.gradients.push_back(p.grad());
  return r;
}
Tensor together(nn::Sequential& net, const Tensor& x) { return net->forward(x); }

}  // namespace

BOOST_AUTO_TEST_SUITE(fusion)

BOOST_AUTO_TEST_CASE(same_bits_as_one_by_one) {
  for (const Case& c : cases())
    for (Dtype dtype : {kFloat32, kFloat64})
      for (bool channels_last : {false, true}) {
        if (channels_last && c.input.size() != 4) continue;
        BOOST_TEST_CONTEXT(c.name << (dtype == kFloat32 ? ", float32" : ", float64")) {
          const Run a = run(c, dtype, channels_last, together), b = run(c, dtype, channels_last, one_by_one);
          check_same(a.result, b.result);
          BOOST_TEST(a.result.is_contiguous() == b.result.is_contiguous());
          for (size_t i = 0; i < a.gradients.size(); ++i) check_same(a.gradients[i], b.gradients[i]);
          NoGradGuard no_grad;
          manual_seed(3);
          nn::Sequential net = c.make();
          net->eval();
          const Tensor x = randn(c.input);
          check_same(net(x), one_by_one(net, x));
        }
      }
}

BOOST_AUTO_TEST_CASE(second_derivatives_agree) {
  for (const Case& c : cases()) {
    manual_seed(3);
    nn::Sequential net = c.make();
    net->to(kFloat64);
    const Tensor x = randn(c.input, TensorOptions(kFloat64).requires_grad(true));
    const auto second = [&](const Tensor& y) {
      const Tensor g = autograd::grad({y.square().sum()}, {x}, {}, true, true)[0];
      return autograd::grad({g.square().sum()}, {x})[0];
    };
    const Tensor a = second(net(x)), b = second(one_by_one(net, x));
    BOOST_TEST(a.allclose(b, 1e-9, 1e-12), c.name);
  }
}

BOOST_AUTO_TEST_CASE(not_a_number_passes_as_before) {
  nn::Sequential net(nn::MaxPool2d(2), nn::ReLU());
  Tensor x = tensor({NAN, 1.0, -1.0, -2.0, 0.0, -0.0, 3.0, 3.0}).view({1, 1, 4, 2}).to(kFloat32);
  x = cat({x, -x}, 1);
  const Tensor y = net(x), want = one_by_one(net, x);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double a = values(y)[static_cast<size_t>(i)], b = values(want)[static_cast<size_t>(i)];
    BOOST_TEST((std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b)));
  }
}

BOOST_AUTO_TEST_CASE(runs_as_one_op_unless_somebody_looks) {
  nn::Sequential net(nn::Conv2d(1, 4, 3), nn::ReLU(), nn::MaxPool2d(2));
  const Tensor x = randn({2, 1, 8, 8});
  BOOST_TEST(net(x).grad_fn()->name() == "conv2d_max_pool2d");
  {
    autograd::DetectAnomalyGuard anomaly;
    BOOST_TEST(net(x).grad_fn()->name() == "max_pool2d");
  }
  Dims seen;
  auto hook = net->at<nn::Conv2d>(0).register_forward_hook(
      [&](nn::Module&, const TensorList&, Tensor& out) { seen = out.sizes(), out = out * 0; });
  BOOST_TEST(net(x).sum().item<double>() == 0);
  BOOST_TEST((seen == Dims{2, 4, 6, 6}));
  hook.remove();
  BOOST_TEST(net(x).grad_fn()->name() == "conv2d_max_pool2d");
}

BOOST_AUTO_TEST_CASE(a_window_beside_the_image_keeps_its_infinity) {
  const auto options = nn::MaxPool2dOptions({1, 2}).padding({0, 1}).dilation({1, 3}).stride(1);
  nn::Sequential net{nn::ReLU(), nn::MaxPool2d(options)},
      behind_conv(nn::Conv2d(1, 1, 1), nn::ReLU(), nn::MaxPool2d(options));
  const Tensor x = randn({1, 1, 2, 2}), y = net(x);
  BOOST_TEST(y.eq(-INFINITY).any().item<bool>());
  check_same(y, one_by_one(net, x));
  check_same(behind_conv(x), one_by_one(behind_conv, x));
}

BOOST_AUTO_TEST_CASE(hooks_on_any_layer_are_called) {
  for (size_t i = 0; i < 3; ++i) {
    nn::Sequential net(nn::Conv2d(1, 4, 3), nn::MaxPool2d(2), nn::ReLU());
    int calls = 0;
    net->ptr(i)->register_forward_hook([&](nn::Module&, const TensorList&, Tensor&) { ++calls; });
    net(randn({2, 1, 8, 8}));
    BOOST_TEST(calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(activations_write_over_values_between_layers_only) {
  Tensor kept;
  nn::Sequential net(nn::Functional([&](const Tensor& x) { return kept = x * 2; }), nn::ReLU(), nn::Tanh());
  const Tensor x = randn({3, 4});
  const Tensor y = net(x);
  check_same(kept, x * 2);
  check_same(y, (x * 2).relu().tanh());
  const nn::ReLU first;
  nn::Sequential alone(first, nn::Sigmoid());
  const Tensor before = x.clone();
  check_same(alone(x), x.relu().sigmoid());
  check_same(x, before);
}

BOOST_AUTO_TEST_CASE(in_place_layers_change_what_others_hold) {
  NoGradGuard no_grad;
  for (nn::Sequential net : {nn::Sequential(nn::ReLU(true), nn::MaxPool2d(2)),
                             nn::Sequential(nn::Identity(), nn::ReLU(true)), nn::Sequential(nn::ReLU(true))}) {
    const Tensor x = randn({1, 2, 4, 4}), changed = x.relu();
    net(x);
    check_same(x, changed);
  }
}

BOOST_AUTO_TEST_CASE(layers_of_ones_own_keep_their_forward) {
  nn::Sequential net(Doubled(3, 4), nn::ReLU());
  const Tensor x = randn({2, 3});
  check_same(net(x), one_by_one(net, x));
}

BOOST_AUTO_TEST_CASE(errors_name_the_layer_at_fault) {
  nn::Sequential net(nn::Conv2d(1, 4, 3), nn::MaxPool2d(5), nn::ReLU(), nn::Linear(3, 4), nn::PReLU(3));
  BOOST_TEST(message_of<ShapeError>([&] { net(zeros({2, 2, 8, 8})); }).find("Sequential.0: ") != std::string::npos);
  BOOST_TEST(message_of<ShapeError>([&] { net(zeros({2, 1, 4, 4})); }).find("Sequential.1: ") != std::string::npos);
  nn::Sequential dense(nn::Linear(3, 4), nn::PReLU(3));
  NoGradGuard no_grad;
  BOOST_TEST(message_of<ShapeError>([&] { dense(zeros({2, 2})); }).find("Sequential.0: ") != std::string::npos);
  BOOST_TEST(message_of<ShapeError>([&] { dense(zeros({2, 3})); }).find("Sequential.1: ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
