// ONNX files of PyTorch's exporter: their numbers, training, errors, damaged files.
#include "tests/io/support.h"
#include "weft/autograd/nn_ops.h"
#include "weft/io/onnx.h"
#include "weft/io/protobuf.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(onnx_files)

namespace {
constexpr const char* kModels[] = {"mlp", "cnn", "resnet_block", "upsample", "gru"};
}

BOOST_AUTO_TEST_CASE(numbers_of_torch) {
  for (const std::string name : kModels) {
    io::OnnxModel model = io::load_onnx(interop(name + ".onnx"));
    const TensorMap want = read_tensors("interop/" + name + ".onnx.expected.safetensors");
    const Tensor y = model(want.at("x"));
    BOOST_TEST(difference(y, want.at("y"), 1e-6) == "", name << ": " << difference(y, want.at("y"), 1e-6));
    // The batch dimension is open.
    BOOST_TEST(difference(model(want.at("x").slice(0, 1, 2)), want.at("y").slice(0, 1, 2), 1e-6) == "", name);
  }
}

BOOST_AUTO_TEST_CASE(weights_have_their_names_and_train) {
  io::OnnxModel model(interop("cnn.onnx"));
  const auto parameters = model->named_parameters();
  BOOST_TEST(parameters.contains("fc.weight"));
  BOOST_TEST(parameters.contains("onnx::Conv_25"));
  BOOST_TEST(model->input_names() == std::vector<std::string>{"x"}, boost::test_tools::per_element());
  const TensorMap want = read_tensors("interop/cnn.onnx.expected.safetensors");
  nll_loss(model(want.at("x")), zeros({2}, kInt64)).backward();
  for (const auto& item : parameters) BOOST_TEST(item.value().grad().defined(), item.key());
  model->to(kFloat64);
  BOOST_TEST(model(want.at("x").to(kFloat64)).dtype() == kFloat64);
}

BOOST_AUTO_TEST_CASE(errors) {
  TempFolder folder;
  using io::detail::ProtoWriter;
  const auto write = [&](const std::vector<std::array<std::string, 4>>& nodes, int64_t opset = 17) {
    ProtoWriter graph;
    for (const auto& [op, name, in, out] : nodes)
      graph.message(1, ProtoWriter().bytes(1, in).bytes(2, out).bytes(3, name).bytes(4, op));
    graph.message(11, ProtoWriter().bytes(1, "x")).message(12, ProtoWriter().bytes(1, "y"));
    const ProtoWriter model = ProtoWriter().integer(1, 8).message(7, graph).message(8, ProtoWriter().integer(2, opset));
    write_bytes(folder / "a.onnx", model.text());
    return folder / "a.onnx";
  };
  std::string text = message_of<ValueError>([&] {
    io::load_onnx(write({{"NonZero", "first", "x", "a"}, {"Relu", "r", "a", "b"}, {"Bernoulli", "second", "b", "y"}}));
  });
  BOOST_TEST(contains(text, "node 'first' (NonZero), node 'second' (Bernoulli)"));
  BOOST_TEST(contains(message_of([&] { io::load_onnx(write({{"Relu", "r", "z", "y"}})); }), "uses 'z'"));
  BOOST_TEST(contains(message_of([&] { io::load_onnx(write({{"Relu", "r", "x", "x"}})); }), "a second time"));
  BOOST_TEST(contains(message_of([&] { io::load_onnx(write({{"Relu", "r", "x", "y"}}, 40)); }), "opset 40"));
  io::OnnxModel relu = io::load_onnx(write({{"Relu", "r", "x", "y"}}));
  BOOST_TEST(same(relu(tensor({-1.0, 2.0})), tensor({0.0, 2.0})));
  io::OnnxModel conv = io::load_onnx(write({{"Conv", "c", "x", "y"}}));
  text = message_of<ValueError>([&] { conv(ones({1, 1, 2, 2})); });
  BOOST_TEST(contains(text, "node 'c' (Conv)"));
  BOOST_TEST(contains(text, "no input 1"));
  write_bytes(folder / "b.onnx", "hello");
  message_of([&] { io::load_onnx(folder / "b.onnx"); });
  write_bytes(folder / "c.onnx", "");
  BOOST_TEST(contains(message_of([&] { io::load_onnx(folder / "c.onnx"); }), "holds no graph"));
}

BOOST_AUTO_TEST_CASE(weights_beside_the_model) {
  TempFolder folder;
  using io::detail::ProtoWriter;
  write_bytes(folder / "w.bin", std::string(4, '\0') + std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  const auto load = [&](const std::string& location, const std::string& offset, const std::string& length) {
    const auto entry = [](const char* key, const std::string& value) {
      return ProtoWriter().bytes(1, key).bytes(2, value);
    };
    ProtoWriter weight;
    weight.integer(1, 2).integer(2, 1).bytes(8, "w").message(13, entry("location", location));
    weight.message(13, entry("offset", offset)).message(13, entry("length", length)).integer(14, 1);
    ProtoWriter graph;
    graph.message(1, ProtoWriter().bytes(1, "x").bytes(1, "w").bytes(2, "y").bytes(4, "Mul")).message(5, weight);
    graph.message(11, ProtoWriter().bytes(1, "x")).message(12, ProtoWriter().bytes(1, "y"));
    write_bytes(folder / "a.onnx",
                ProtoWriter().integer(1, 8).message(7, graph).message(8, ProtoWriter().integer(2, 17)).text());
    return io::load_onnx(folder / "a.onnx");
  };
  BOOST_TEST(same(load("w.bin", "4", "8")(tensor({3.0, 4.0})).detach(), tensor({3.0, 8.0})));
  BOOST_TEST(contains(message_of([&] { load("../w.bin", "4", "8"); }), "does not lie beside"));
  BOOST_TEST(contains(message_of([&] { load("/etc/passwd", "0", "8"); }), "does not lie beside"));
  BOOST_TEST(contains(message_of([&] { load("w.bin", "8", "8"); }), "which has 12"));
  BOOST_TEST(contains(message_of([&] { load("w.bin", "-8", "8"); }), "'-8'"));
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  for (const std::string name : kModels)
    BOOST_TEST(read_damaged(interop(name + ".onnx"), 2000, [](const std::string& path) { io::load_onnx(path); }) > 500);
}

BOOST_AUTO_TEST_SUITE_END()
