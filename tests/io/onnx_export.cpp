// Models of the model language as ONNX files: read back, they give the same numbers.
#include "tests/io/support.h"
#include "tests/nn/random_models.h"
#include "weft/autograd/grad_mode.h"
#include "weft/io/onnx.h"
#include "weft/io/onnx_graph.h"
#include "weft/nn/nn.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(onnx_export)

namespace {

/// Moves the running statistics and weights away from their first values.
void disturb(nn::Module& model) {
  NoGradGuard no_grad;
  for (Tensor& t : model.parameters()) t.add_(randn(t.sizes()) * 0.1);
  for (const auto& item : model.named_buffers())
    if (item.value().is_floating_point()) item.value().mul_(1.5).add_(0.1);
}

/// "" if the model read back gives the model's numbers, else the difference.
std::string differs(const std::string& text) {
  TempFolder folder;
  nn::Model model = nn::parse(text);
  disturb(*model);
  io::save_onnx(model, folder / "a.onnx");
  model->eval();
  io::OnnxModel back = io::load_onnx(folder / "a.onnx");
  Dims sizes = model->input_sizes();
  sizes.insert(0, 3);
  const Tensor x = model->reads_whole_numbers() ? zeros(sizes, kInt64) : randn(sizes);
  const Tensor want = model(x), got = back(x);
  return difference(got, want, 1e-5);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_layer) {
  const char* models[] = {"input 6 | linear 4",
                          "input 3 6 | linear 4 no_bias",
                          "input 2 9 9 | conv 4 3 stride 2 padding 1",
                          "input 4 9 9 | conv 4 4 same dilation 2 groups 2 no_bias",
                          "input 2 9 | conv1d 3 3 padding 1",
                          "input 2 9 9 | conv 4 3 same padding_mode reflect",
                          "input 2 9 9 | conv 4 3 padding 2 padding_mode circular",
                          "input 2 9 9 | conv 4 3 padding 1x2 padding_mode replicate",
                          "input 2 9 | conv1d 3 4 same padding_mode circular",
                          "input 2 5 5 | conv_transpose 3 3 stride 2 padding 1 output_padding 1",
                          "input 5 | embedding 7 3",
                          "input 2 9 9 | max_pool 3 stride 2 padding 1 ceil",
                          "input 2 9 9 | max_pool 2 dilation 2",
                          "input 2 9 9 | avg_pool 3 stride 2 padding 1 inside",
                          "input 2 9 9 | avg_pool 3 divisor 5",
                          "input 2 9 9 | avg_pool 3 padding 1",
                          "input 2 7 9 | adaptive_avg_pool 3x4",
                          "input 2 7 9 | adaptive_avg_pool 1",
                          "input 2 6 9 | adaptive_max_pool 3",
                          "input 4 | batch_norm",
                          "input 4 5 5 | batch_norm no_affine",
                          "input 4 5 | batch_norm eps 0.01",
                          "input 4 5 5 | instance_norm affine",
                          "input 4 5 5 | instance_norm statistics",
                          "input 4 5 | layer_norm",
                          "input 4 5 | layer_norm 2 no_affine",
                          "input 4 5 5 | group_norm 2",
                          "input 6 | group_norm 2 no_affine",
                          "input 5 | dropout 0.5",
                          "input 2 3 4 | flatten",
                          "input 2 3 4 | flatten 2 3",
                          "input 12 | unflatten 3 -1",
                          "input 8 3 3 | pixel_shuffle 2",
                          "input 4 | constant_pad 1 2 value 3",
                          "input 2 5 5 | constant_pad 1 -1 2 0 value 1",
                          "input 2 5 5 | zero_pad 1",
                          "input 2 5 5 | reflection_pad 1 2 0 1",
                          "input 2 5 5 | replication_pad 2",
                          "input 4 5 5 | prelu channels init 0.3",
                          "input 4 | prelu channels",
                          "input 4 5 | prelu",
                          "input 6 4 | glu 1",
                          "input 4 | residual(linear 4 | relu)",
                          "input 4 | repeat 3 (linear 4 | tanh)",
                          "input 4 | parallel(linear 3, linear 2 | relu) concat",
                          "input 4 | parallel(linear 3, linear 3, linear 3) add",
                          "input 2 4 4 | parallel(identity, relu) concat dim 2",
                          "input 4 | gelu tanh",
                          "input 4 | gelu",
                          "input 3 4 | softmax 1",
                          "input 3 4 | log_softmax -1",
                          "input 4 | softplus 2 0.5",
                          "input 4 | threshold 0.1 2",
                          "input 4 | hardtanh -0.5 0.3",
                          "input 4 | celu 0.7",
                          "input 4 | elu 0.7",
                          "input 4 | leaky_relu 0.2",
                          "input 4 | hardshrink 0.4",
                          "input 4 | softshrink 0.4"};
  for (const char* text : models) BOOST_TEST(differs(text) == "", text);
  for (const char* name : {"relu", "relu6", "selu", "silu", "mish", "sigmoid", "logsigmoid", "hardsigmoid", "hardswish",
                           "tanh", "tanhshrink", "softsign"})
    BOOST_TEST(differs(std::string("input 3 4 | ") + name) == "", name);
}

BOOST_AUTO_TEST_CASE(random_models) {
  RandomModels random(5);
  int64_t compared = 0;
  for (int i = 0; i < 150; ++i) {
    const std::string text = random.model().text();
    try {
      const std::string difference = differs(text);
      BOOST_TEST((difference.empty() || contains(difference, "nan")), text << ": " << difference);
      ++compared;
    } catch (const ValueError& e) {
      BOOST_TEST(contains(e.what(), "ONNX"), text << ": " << e.what());
    }
  }
  BOOST_TEST(compared > 100);
}

BOOST_AUTO_TEST_CASE(what_the_file_tells) {
  TempFolder folder;
  const nn::Model model = nn::parse("input 1 8 8 | conv 2 3 | relu | flatten | linear 3");
  io::save_onnx(model, folder / "a.onnx");
  const std::string bytes = bytes_of(folder / "a.onnx");
  const io::detail::OnnxGraph graph = io::detail::parse_onnx(bytes, ".", "[test]");
  BOOST_TEST(graph.opset == 17);
  BOOST_TEST(graph.ir_version == 8);
  BOOST_TEST(graph.metadata.at("weft.model") == model->text());
  BOOST_TEST(graph.inputs.at(0).sizes == (std::vector<std::string>{"batch", "1", "8", "8"}),
             boost::test_tools::per_element());
  BOOST_TEST(graph.outputs.at(0).sizes == (std::vector<std::string>{"batch", "3"}), boost::test_tools::per_element());
  BOOST_TEST(graph.inputs.at(0).name == "x");
  BOOST_TEST(graph.outputs.at(0).name == "y");
  io::OnnxModel back = io::load_onnx(folder / "a.onnx");
  BOOST_TEST(back->named_parameters().contains("0.weight"));
  BOOST_TEST(same(back->named_parameters()["3.bias"].detach(), model->named_parameters()["3.bias"].detach()));
}

BOOST_AUTO_TEST_CASE(refused) {
  TempFolder folder;
  const std::string text = message_of<ValueError>(
      [&] { io::save_onnx(nn::parse("input 2 7 7 | relu | adaptive_max_pool 3"), folder / "a.onnx"); });
  BOOST_TEST(contains(text, "1: ONNX has no adaptive maximum"));
  BOOST_TEST(folder.files() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
