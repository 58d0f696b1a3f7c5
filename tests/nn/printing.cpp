// Printing: libtorch's text, with weft:: instead of torch::.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct Row {
  std::shared_ptr<nn::Module> module;
  std::string text;
};

struct Inner : nn::Module {
  Inner()
      : nn::Module("Inner"),
        fc(register_module("fc", nn::Linear(3, 4))),
        table(register_module("table", nn::Embedding(10, 2))) {}
  nn::Linear fc;
  nn::Embedding table;
};
struct Outer : nn::Module {
  Outer()
      : nn::Module("Outer"),
        fc(register_module("fc", nn::Linear(4, 5))),
        inner(register_module("inner", std::make_shared<Inner>())) {}
  nn::Linear fc;
  std::shared_ptr<Inner> inner;
};

template <class Holder, class... Args>
std::shared_ptr<nn::Module> make(Args&&... args) {
  return Holder(std::forward<Args>(args)...).ptr();
}

}  // namespace

/// Outside the unnamed namespace: the printed name is the class's.
struct PlainNet : nn::Module {};
struct HeldNetImpl : nn::Module {
  HeldNetImpl() { register_module("fc", nn::Linear(2, 3)); }
};
WEFT_MODULE(HeldNet);
struct Impl : nn::Module {};

BOOST_AUTO_TEST_SUITE(printing)

BOOST_AUTO_TEST_CASE(layers) {
  using namespace nn;  // NOLINT: a table of layers
  const std::vector<Row> rows = {
      {make<Linear>(784, 256), "Linear(in_features=784, out_features=256, bias=true)"},
      {make<Linear>(LinearOptions(3, 4).bias(false)), "Linear(in_features=3, out_features=4, bias=false)"},
      {make<Conv1d>(3, 4, 5), "Conv1d(3, 4, kernel_size=5, stride=1)"},
      {make<Conv2d>(1, 10, 5), "Conv2d(1, 10, kernel_size=[5, 5], stride=[1, 1])"},
      {make<Conv2d>(Conv2dOptions(4, 6, {5, 3})
                        .stride({1, 2})
                        .padding(1)
                        .dilation(2)
                        .groups(2)
                        .bias(false)
                        .padding_mode(kCircular)),
       "Conv2d(4, 6, kernel_size=[5, 3], stride=[1, 2], padding=[1, 1], dilation=[2, 2], groups=2, bias=false, "
       "padding_mode=kCircular)"},
      {make<Conv2d>(Conv2dOptions(1, 2, 3).padding(kSame)), "Conv2d(1, 2, kernel_size=[3, 3], stride=[1, 1])"},
      {make<ConvTranspose2d>(ConvTranspose2dOptions(4, 2, 3).stride(2).padding(1).output_padding(1)),
       "ConvTranspose2d(4, 2, kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], output_padding=[1, 1])"},
      {make<MaxPool2d>(2),
       "MaxPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], ceil_mode=false)"},
      {make<AvgPool2d>(AvgPool2dOptions(5).stride({1, 2})),
       "AvgPool2d(kernel_size=[5, 5], stride=[1, 2], padding=[0, 0])"},
      {make<AdaptiveAvgPool2d>(5), "AdaptiveAvgPool2d(output_size=[5, 5])"},
      {make<AdaptiveMaxPool2d>(AdaptiveMaxPool2dOptions({5, nullopt})), "AdaptiveMaxPool2d(output_size=[5, None])"},
      {make<BatchNorm1d>(4), "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)"},
      {make<BatchNorm2d>(BatchNorm2dOptions(4).eps(0.5).momentum(nullopt).affine(false)),
       "BatchNorm2d(4, eps=0.5, momentum=None, affine=false, track_running_stats=true)"},
      {make<InstanceNorm2d>(4), "InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=false, track_running_stats=false)"},
      {make<LayerNorm>(LayerNormOptions({2, 2}).elementwise_affine(false).eps(2e-5)),
       "LayerNorm([2, 2], eps=2e-05, elementwise_affine=false)"},
      {make<GroupNorm>(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=true)"},
      {make<Dropout>(), "Dropout(p=0.5, inplace=false)"},
      {make<Dropout2d>(Dropout2dOptions(0.25).inplace(true)), "Dropout2d(p=0.25, inplace=true)"},
      {make<Embedding>(EmbeddingOptions(10, 2).padding_idx(3)),
       "Embedding(num_embeddings=10, embedding_dim=2, padding_idx=3)"},
      {make<PReLU>(), "PReLU(num_parameters=1)"},
      {make<ReLU>(), "ReLU()"},
      {make<ReLU>(true), "ReLU(inplace=true)"},
      {make<ReLU6>(), "ReLU6()"},
      {make<SELU>(), "SELU()"},
      {make<LeakyReLU>(LeakyReLUOptions().inplace(true)), "LeakyReLU(negative_slope=0.01, inplace=true)"},
      {make<ELU>(), "ELU(alpha=1)"},
      {make<CELU>(CELUOptions().alpha(0.7)), "CELU(alpha=0.7)"},
      {make<GELU>(), "GELU()"},
      {make<SiLU>(), "SiLU()"},
      {make<Mish>(), "Mish()"},
      {make<GLU>(), "GLU(dim=-1)"},
      {make<Sigmoid>(), "Sigmoid()"},
      {make<LogSigmoid>(), "LogSigmoid()"},
      {make<Tanh>(), "Tanh()"},
      {make<Tanhshrink>(), "Tanhshrink()"},
      {make<Hardshrink>(), "Hardshrink(0.5)"},
      {make<Softshrink>(0.25), "Softshrink(0.25)"},
      {make<Softmax>(1), "Softmax(dim=1)"},
      {make<LogSoftmax>(LogSoftmaxOptions(1)), "LogSoftmax(dim=1)"},
      {make<Softplus>(), "Softplus(beta=1, threshold=20)"},
      {make<Softsign>(), "Softsign()"},
      {make<Hardtanh>(HardtanhOptions().min_val(-2)), "Hardtanh(min_val=-2, max_val=1)"},
      {make<Threshold>(24.0, 42.42), "Threshold(threshold=24, value=42.42)"},
      {make<Hardswish>(), "Hardswish()"},
      {make<Hardsigmoid>(), "Hardsigmoid()"},
      {make<Flatten>(), "Flatten(start_dim=1, end_dim=-1)"},
      {make<Unflatten>(UnflattenOptions(0, {2, 2})), "Unflatten(dim=0, unflattened_size={2, 2})"},
      {make<Identity>(), "Identity()"},
      {make<PixelShuffle>(5), "PixelShuffle(upscale_factor=5)"},
      {make<ConstantPad1d>(ConstantPad1dOptions({3, 1}, 3.5)), "ConstantPad1d(padding=[3, 1], value=3.5)"},
      {make<ConstantPad2d>(1, 2.0), "ConstantPad2d(padding=[1, 1, 1, 1], value=2)"},
      {make<ZeroPad2d>(ZeroPad2dOptions({1, 1, 2, 0})), "ZeroPad2d(padding=[1, 1, 2, 0])"},
      {make<ReflectionPad2d>(2), "ReflectionPad2d(padding=[2, 2, 2, 2])"},
      {make<ReplicationPad2d>(2), "ReplicationPad2d(padding=[2, 2, 2, 2])"},
      {make<Functional>(weft::relu), "Functional()"},
      {make<CrossEntropyLoss>(), "CrossEntropyLoss()"},
      {make<NLLLoss>(), "NLLLoss()"},
      {make<MSELoss>(), "MSELoss()"},
      {make<L1Loss>(), "L1Loss()"},
      {make<SmoothL1Loss>(), "SmoothL1Loss"},
      {make<HuberLoss>(), "HuberLoss"},
      {make<BCELoss>(), "BCELoss()"},
      {make<BCEWithLogitsLoss>(), "BCEWithLogitsLoss()"},
      {make<KLDivLoss>(), "KLDivLoss()"},
      {make<HingeEmbeddingLoss>(HingeEmbeddingLossOptions().margin(4)), "HingeEmbeddingLoss(margin=4)"},
      {make<MultiMarginLoss>(MultiMarginLossOptions().reduction(kSum)),
       "MultiMarginLoss(p=1, margin=1, weight=[ Tensor (undefined) ], reduction=kSum)"},
      {make<SoftMarginLoss>(), "SoftMarginLoss()"},
  };
  for (const Row& row : rows) BOOST_CHECK_EQUAL(printed(*row.module), "weft::nn::" + row.text);
}

BOOST_AUTO_TEST_CASE(nested_modules) {
  BOOST_CHECK_EQUAL(printed(Outer{}),
                    "Outer(\n"
                    "  (fc): weft::nn::Linear(in_features=4, out_features=5, bias=true)\n"
                    "  (inner): Inner(\n"
                    "    (fc): weft::nn::Linear(in_features=3, out_features=4, bias=true)\n"
                    "    (table): weft::nn::Embedding(num_embeddings=10, embedding_dim=2)\n"
                    "  )\n"
                    ")");
}

BOOST_AUTO_TEST_CASE(containers) {
  nn::Sequential net(nn::Linear(3, 4), nn::Sequential({{"act", nn::ReLU()}, {"drop", nn::Dropout(0.25)}}));
  BOOST_CHECK_EQUAL(printed(net),
                    "weft::nn::Sequential(\n"
                    "  (0): weft::nn::Linear(in_features=3, out_features=4, bias=true)\n"
                    "  (1): weft::nn::Sequential(\n"
                    "    (act): weft::nn::ReLU()\n"
                    "    (drop): weft::nn::Dropout(p=0.25, inplace=false)\n"
                    "  )\n"
                    ")");
  BOOST_CHECK_EQUAL(printed(nn::Sequential()), "weft::nn::Sequential");
  BOOST_CHECK_EQUAL(printed(nn::ModuleList(nn::Tanh())), "weft::nn::ModuleList(\n  (0): weft::nn::Tanh()\n)");
}

BOOST_AUTO_TEST_CASE(user_classes_print_their_name) {
  BOOST_CHECK_EQUAL(printed(PlainNet{}), "weft::PlainNet");
  BOOST_CHECK_EQUAL(PlainNet{}.name(), "weft::PlainNet");
  std::ostringstream held;
  held << HeldNet();
  BOOST_CHECK_EQUAL(held.str(),
                    "weft::HeldNet(\n  (fc): weft::nn::Linear(in_features=2, out_features=3, bias=true)\n)");
  BOOST_CHECK_EQUAL(printed(Impl{}), "weft::Impl");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
