// Every layer in one row: equal to its function, first and second derivatives, a clear error for a wrong shape, and no
// leak of a dropped graph.
#include "tests/nn/support.h"
#include "weft/autograd/gradcheck.h"

namespace weft {
namespace {

using In = const TensorList&;
struct Row {
  std::string name;
  nn::AnyModule module;
  Dims input;
  /// The function of the input and the module's parameters.
  std::function<Tensor(In)> function;
  /// An input of these sizes must throw a message that starts with the op and the layer; empty: every shape is
  /// accepted.
  Dims wrong = {};
};

template <class Holder, class... Args>
nn::AnyModule any(Args&&... args) {
  return nn::AnyModule(Holder(std::forward<Args>(args)...));
}

std::vector<Row> parameter_rows() {
  using namespace nn;  // NOLINT: a table of layers
  return {
      {"Linear", any<Linear>(5, 3), {2, 4, 5}, [](In in) { return F::linear(in[0], in[1], in[2]); }, {2, 4}},
      {"Conv1d",
       any<Conv1d>(Conv1dOptions(2, 4, 3).stride(2).padding(1).groups(2)),
       {2, 2, 7},
       [](In in) { return F::conv1d(in[0], in[1], F::Conv1dFuncOptions().bias(in[2]).stride(2).padding(1).groups(2)); },
       {2, 3, 7}},
      {"Conv2d",
       any<Conv2d>(Conv2dOptions(2, 3, {3, 2}).padding({1, 0}).dilation(2)),
       {2, 2, 5, 6},
       [](In in) {
         return F::conv2d(in[0], in[1], F::Conv2dFuncOptions().bias(in[2]).padding({1, 0}).dilation(2));
       },
       {2, 4, 5, 6}},
      {"Conv2d",
       any<Conv2d>(Conv2dOptions(1, 2, {4, 3}).padding("same")),
       {2, 1, 5, 5},
       [](In in) { return F::conv2d(in[0], in[1], F::Conv2dFuncOptions().bias(in[2]).padding(kSame)); },
       {2, 3, 5, 5}},
      {"Conv2d",
       any<Conv2d>(Conv2dOptions(1, 2, {4, 3}).padding(kSame).padding_mode(kReflect).bias(false)),
       {2, 1, 5, 5},
       [](In in) {
         return F::conv2d(F::pad(in[0], F::PadFuncOptions({1, 1, 1, 2}).mode(kReflect)), in[1]);
       },
       {3}},
      {"Conv2d",
       any<Conv2d>(Conv2dOptions(1, 2, 3).padding({2, 1}).padding_mode(kCircular)),
       {2, 1, 5, 5},
       [](In in) {
         return F::conv2d(F::pad(in[0], {1, 1, 2, 2}, "circular"), in[1], in[2]);
       },
       {2, 3, 5, 5}},
      {"Conv1d",
       any<Conv1d>(Conv1dOptions(2, 2, 3).padding(2).padding_mode(kReplicate)),
       {2, 2, 5},
       [](In in) {
         return F::conv1d(F::pad(in[0], {2, 2}, "replicate"), in[1], in[2]);
       },
       {2, 3, 5}},
      {"ConvTranspose2d",
       any<ConvTranspose2d>(ConvTranspose2dOptions(2, 3, 3).stride(2).padding(1).output_padding(1)),
       {2, 2, 3, 4},
       [](In in) {
         const auto o = F::ConvTranspose2dFuncOptions().bias(in[2]).stride(2).padding(1).output_padding(1);
         return F::conv_transpose2d(in[0], in[1], o);
       },
       {2, 3, 3, 4}},
      {"BatchNorm1d",
       any<BatchNorm1d>(3),
       {6, 3},
       [](In in) {
         return F::batch_norm(in[0], {}, {}, F::BatchNormFuncOptions().weight(in[1]).bias(in[2]).training(true));
       },
       {6, 4}},
      {"BatchNorm2d",
       any<BatchNorm2d>(BatchNorm2dOptions(2).eps(1e-3)),
       {3, 2, 3, 3},
       [](In in) {
         const auto o = F::BatchNormFuncOptions().weight(in[1]).bias(in[2]).training(true).eps(1e-3);
         return F::batch_norm(in[0], {}, {}, o);
       },
       {3, 2, 3}},
      {"InstanceNorm2d",
       any<InstanceNorm2d>(InstanceNorm2dOptions(2).affine(true)),
       {3, 2, 3, 3},
       [](In in) { return F::instance_norm(in[0], F::InstanceNormFuncOptions().weight(in[1]).bias(in[2])); },
       {3, 4, 3, 3}},
      {"InstanceNorm1d",
       any<InstanceNorm1d>(2),
       {3, 2, 5},
       [](In in) { return F::instance_norm(in[0], F::InstanceNormFuncOptions()); },
       {5}},
      {"LayerNorm",
       any<LayerNorm>(LayerNormOptions({3, 4})),
       {2, 3, 4},
       [](In in) {
         return F::layer_norm(in[0], F::LayerNormFuncOptions({3, 4}).weight(in[1]).bias(in[2]));
       },
       {2, 4, 3}},
      {"GroupNorm",
       any<GroupNorm>(2, 4),
       {2, 4, 3},
       [](In in) { return F::group_norm(in[0], F::GroupNormFuncOptions(2).weight(in[1]).bias(in[2])); },
       {2, 6, 3}},
      {"PReLU", any<PReLU>(3), {2, 3, 2}, [](In in) { return F::prelu(in[0], in[1]); }, {2, 4, 2}},
  };
}

std::vector<Row> shape_rows() {
  using namespace nn;  // NOLINT: a table of layers
  return {
      {"MaxPool2d",
       any<MaxPool2d>(MaxPool2dOptions(3).stride(2).padding(1)),
       {2, 2, 5, 6},
       [](In in) { return F::max_pool2d(in[0], F::MaxPool2dFuncOptions(3).stride(2).padding(1)); },
       {5, 6}},
      {"AvgPool2d",
       any<AvgPool2d>(AvgPool2dOptions(3).padding(1).count_include_pad(false)),
       {2, 2, 5, 6},
       [](In in) { return F::avg_pool2d(in[0], F::AvgPool2dFuncOptions(3).padding(1).count_include_pad(false)); },
       {5, 6}},
      {"AdaptiveAvgPool2d",
       any<AdaptiveAvgPool2d>(AdaptiveAvgPool2dOptions({2, nullopt})),
       {2, 2, 5, 3},
       [](In in) {
         return F::adaptive_avg_pool2d(in[0], F::AdaptiveAvgPool2dFuncOptions({2, 3}));
       },
       {5, 3}},
      {"AdaptiveMaxPool2d",
       any<AdaptiveMaxPool2d>(2),
       {2, 2, 5, 3},
       [](In in) { return F::adaptive_max_pool2d(in[0], F::AdaptiveMaxPool2dFuncOptions(2)); },
       {5, 3}},
      {"Flatten", any<Flatten>(), {2, 3, 4}, [](In in) { return in[0].flatten(1); }},
      {"Unflatten",
       any<Unflatten>(UnflattenOptions(1, {3, 2})),
       {2, 6},
       [](In in) {
         return in[0].view({2, 3, 2});
       },
       {2, 7}},
      {"Identity", any<Identity>(), {2, 3}, [](In in) { return in[0]; }},
      {"PixelShuffle",
       any<PixelShuffle>(2),
       {1, 8, 2, 3},
       [](In in) { return F::pixel_shuffle(in[0], F::PixelShuffleFuncOptions(2)); },
       {1, 6, 2, 3}},
      {"ConstantPad1d",
       any<ConstantPad1d>(ConstantPad1dOptions({1, 2}, 0.5)),
       {2, 3},
       [](In in) {
         return F::pad(in[0], F::PadFuncOptions({1, 2}).value(0.5));
       },
       {}},
      {"ConstantPad2d",
       any<ConstantPad2d>(ConstantPad2dOptions({1, 0, 2, 1}, -2)),
       {1, 2, 3, 3},
       [](In in) {
         return F::pad(in[0], F::PadFuncOptions({1, 0, 2, 1}).value(-2));
       },
       {3}},
      {"ZeroPad2d",
       any<ZeroPad2d>(ZeroPad2dOptions({1, 0, 2, 1})),
       {1, 2, 3, 3},
       [](In in) {
         return F::pad(in[0], F::PadFuncOptions({1, 0, 2, 1}));
       },
       {3}},
      {"ReflectionPad2d",
       any<ReflectionPad2d>(2),
       {1, 2, 3, 3},
       [](In in) {
         return F::pad(in[0], F::PadFuncOptions({2, 2, 2, 2}).mode(kReflect));
       },
       {1, 1, 2, 3}},
      {"ReplicationPad2d",
       any<ReplicationPad2d>(2),
       {1, 2, 3, 3},
       [](In in) {
         return F::pad(in[0], F::PadFuncOptions({2, 2, 2, 2}).mode(kReplicate));
       },
       {3}},
      {"Functional", any<Functional>(weft::log_softmax, 1), {2, 3}, [](In in) { return F::log_softmax(in[0], 1); }},
  };
}

std::vector<Row> activation_rows() {
  using namespace nn;  // NOLINT: a table of layers
  const Dims d{3, 4};
  return {
      {"ReLU", any<ReLU>(), d, [](In in) { return F::relu(in[0], F::ReLUFuncOptions()); }},
      {"ReLU6", any<ReLU6>(), d, [](In in) { return F::relu6(in[0]); }},
      {"SELU", any<SELU>(), d, [](In in) { return F::selu(in[0]); }},
      {"SiLU", any<SiLU>(), d, [](In in) { return F::silu(in[0]); }},
      {"Mish", any<Mish>(), d, [](In in) { return F::mish(in[0]); }},
      {"Sigmoid", any<Sigmoid>(), d, [](In in) { return F::sigmoid(in[0]); }},
      {"LogSigmoid", any<LogSigmoid>(), d, [](In in) { return F::logsigmoid(in[0]); }},
      {"Hardsigmoid", any<Hardsigmoid>(), d, [](In in) { return F::hardsigmoid(in[0]); }},
      {"Hardswish", any<Hardswish>(), d, [](In in) { return F::hardswish(in[0]); }},
      {"Tanh", any<Tanh>(), d, [](In in) { return F::tanh(in[0]); }},
      {"Tanhshrink", any<Tanhshrink>(), d, [](In in) { return F::tanhshrink(in[0]); }},
      {"Softsign", any<Softsign>(), d, [](In in) { return F::softsign(in[0]); }},
      {"LeakyReLU", any<LeakyReLU>(0.2), d,
       [](In in) { return F::leaky_relu(in[0], F::LeakyReLUFuncOptions().negative_slope(0.2)); }},
      {"ELU", any<ELU>(ELUOptions().alpha(1.3)), d,
       [](In in) { return F::elu(in[0], F::ELUFuncOptions().alpha(1.3)); }},
      {"CELU", any<CELU>(CELUOptions().alpha(0.7)), d, [](In in) { return F::celu(in[0], 0.7); }},
      {"GELU", any<GELU>(), d, [](In in) { return F::gelu(in[0]); }},
      {"GELU", any<GELU>("tanh"), d, [](In in) { return F::gelu(in[0], F::GELUFuncOptions().approximate("tanh")); }},
      {"GLU", any<GLU>(), d, [](In in) { return F::glu(in[0], F::GLUFuncOptions(1)); }, {2, 3}},
      {"Hardshrink", any<Hardshrink>(0.4), d, [](In in) { return F::hardshrink(in[0], 0.4); }},
      {"Softshrink", any<Softshrink>(0.4), d, [](In in) { return F::softshrink(in[0], 0.4); }},
      {"Softmax", any<Softmax>(1), d, [](In in) { return F::softmax(in[0], F::SoftmaxFuncOptions(1)); }},
      {"LogSoftmax", any<LogSoftmax>(0), d, [](In in) { return F::log_softmax(in[0], 0); }},
      {"Hardtanh", any<Hardtanh>(-0.5, 0.7), d,
       [](In in) { return F::hardtanh(in[0], F::HardtanhFuncOptions().min_val(-0.5).max_val(0.7)); }},
      {"Softplus", any<Softplus>(SoftplusOptions().beta(2)), d, [](In in) { return F::softplus(in[0], 2.0, 20.0); }},
      {"Threshold", any<Threshold>(0.1, -2.0), d, [](In in) { return F::threshold(in[0], 0.1, -2.0); }},
  };
}

std::vector<Row> rows() {
  std::vector<Row> all = parameter_rows();
  for (auto* more : {&shape_rows, &activation_rows})
    for (Row& row : (*more)()) all.push_back(std::move(row));
  return all;
}

TensorList with_parameters(const Tensor& x, const nn::Module& module, Dtype dtype) {
  TensorList in{x};
  for (const Tensor& p : module.parameters()) in.push_back(p.detach().to(dtype, false, true).requires_grad_());
  return in;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(equal_their_functions) {
  manual_seed(3);
  for (Row& row : rows()) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = randn(row.input);
      check_same(row.module.forward(x), row.function(with_parameters(x, *row.module.ptr(), kFloat32)));
    }
}

BOOST_AUTO_TEST_CASE(have_right_derivatives) {
  manual_seed(4);
  for (Row& row : rows()) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = randn(row.input, kFloat64).requires_grad_();
      const TensorList in = with_parameters(x, *row.module.ptr(), kFloat64);
      BOOST_CHECK(autograd::gradcheck(row.function, in));
      BOOST_CHECK(autograd::gradgradcheck(row.function, in));
    }
}

BOOST_AUTO_TEST_CASE(give_every_parameter_a_gradient_in_both_dtypes) {
  manual_seed(5);
  for (Row& row : rows())
    for (Dtype dtype : {kFloat32, kFloat64}) BOOST_TEST_CONTEXT(row.name) {
        row.module.ptr()->to(dtype);
        const Tensor x = randn(row.input, dtype).requires_grad_();
        const Tensor y = row.module.forward(x);
        BOOST_CHECK(y.dtype() == dtype);
        (y * rand_like(y)).sum().backward();
        BOOST_CHECK(x.grad().defined());
        for (const Tensor& p : row.module.ptr()->parameters())
          BOOST_CHECK(p.grad().defined() && p.grad().dtype() == dtype && p.grad().sizes() == p.sizes());
      }
}

BOOST_AUTO_TEST_CASE(leave_nothing_behind) {
  for (Row& row : rows()) BOOST_TEST_CONTEXT(row.name) {
      const Tensor x = randn(row.input).requires_grad_();
      row.module.forward(x);  // objects created once, such as a layer's plan, now exist
      const int64_t before = TensorImpl::live();
      { const Tensor y = row.module.forward(x).sum(); }
      BOOST_CHECK_EQUAL(TensorImpl::live(), before);
    }
}

BOOST_AUTO_TEST_CASE(refuse_wrong_shapes_by_name) {
  for (Row& row : rows())
    if (!row.wrong.empty()) BOOST_TEST_CONTEXT(row.name) {
        const std::string message = message_of<ShapeError>([&] { row.module.forward(randn(row.wrong)); });
        BOOST_CHECK_MESSAGE(message.starts_with("[") && message.find("] " + row.name + ": ") != std::string::npos,
                            message);
      }
}

BOOST_AUTO_TEST_CASE(in_place_activations_change_their_input_and_keep_gradients) {
  for (const auto& layer : {any<nn::ReLU>(true), any<nn::LeakyReLU>(nn::LeakyReLUOptions(0.2).inplace(true)),
                            any<nn::ELU>(nn::ELUOptions().inplace(true)), any<nn::SiLU>(true)}) {
    const Tensor leaf = randn({6}).requires_grad_(), other = leaf.detach().clone().requires_grad_();
    const Tensor x = leaf * 1, y = layer.forward(x);
    check_same(x, y);
    nn::AnyModule plain = layer.clone();
    (x * x).sum().backward();
    plain.ptr()->apply([](nn::Module& m) {
      if (auto* relu = m.as<nn::ReLU>()) relu->options.inplace(false);
      if (auto* leaky = m.as<nn::LeakyReLU>()) leaky->options.inplace(false);
      if (auto* elu = m.as<nn::ELU>()) elu->options.inplace(false);
      if (auto* silu = m.as<nn::SiLU>()) silu->options.inplace(false);
    });
    const Tensor z = plain.forward(other);
    (z * z).sum().backward();
    check_same(y.detach(), z.detach());
    check_same(leaf.grad(), other.grad());
    const Tensor free = randn({4});
    BOOST_CHECK(layer.forward(free).is_alias_of(free));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
