// The two faces of the model language are equivalent: each row of the table and each of its options in both.
#include <set>

#include "tests/nn/support.h"
#include "weft/nn/lang/initialisers.h"

namespace weft {
namespace {

using nn::lang::Chain;

struct Row {
  const char* text;
  Chain pipe;
  const char* canonical = nullptr;  // if it differs from text
};

std::vector<Row> layers() {
  return {
      {"linear 10", nn::linear(10)},
      {"linear 10 no_bias", nn::linear(10).no_bias()},
      {"linear 10 init truncated_normal 0.1 bias 0.1", nn::linear(10).init("truncated_normal", 0.1).bias(0.1)},
      {"linear 10 init normal 2 bias uniform -1 1", nn::linear(10).init("normal", 2).bias("uniform", -1, 1)},
      {"linear 10 init normal 1 0 bias constant 0.5", nn::linear(10).init("normal").bias(0.5),
       "linear 10 init normal bias 0.5"},
      {"linear 10 bias zeros init kaiming_normal", nn::linear(10).init("kaiming_normal").bias("zeros"),
       "linear 10 init kaiming_normal bias zeros"},
      {"conv 32 5", nn::conv(32, 5)},
      {"conv 32 5x5", nn::conv(32, {5, 5}), "conv 32 5"},
      {"conv 32 3x5 stride 2x1 padding 1x2", nn::conv(32, {3, 5}).stride({2, 1}).padding({1, 2})},
      {"conv 32 5 same", nn::conv(32, 5).same()},
      {"conv 8 3 groups 2 dilation 2 no_bias", nn::conv(8, 3).groups(2).dilation(2).no_bias(),
       "conv 8 3 dilation 2 groups 2 no_bias"},
      {"conv 8 3 padding 1 padding_mode reflect", nn::conv(8, 3).padding(1).padding_mode("reflect")},
      {"conv 8 3 padding_mode zeros stride 1", nn::conv(8, 3).stride(1), "conv 8 3"},
      {"conv 8 3 init orthogonal bias 0.1", nn::conv(8, 3).init("orthogonal").bias(0.1)},
      {"conv1d 8 3 stride 2 padding 1 dilation 2 groups 2 padding_mode circular no_bias init dirac",
       nn::conv1d(8, 3).stride(2).padding(1).dilation(2).groups(2).padding_mode("circular").no_bias().init("dirac")},
      {"conv1d 8 3 same bias 1", nn::conv1d(8, 3).same().bias(1.0)},
      {"conv_transpose 8 3 stride 2 padding 1 output_padding 1",
       nn::conv_transpose(8, 3).stride(2).padding(1).output_padding(1)},
      {"conv_transpose 8 3 dilation 2 groups 2 no_bias init ones",
       nn::conv_transpose(8, 3).dilation(2).groups(2).no_bias().init("ones")},
      {"conv_transpose 8 3 bias 0", nn::conv_transpose(8, 3).bias(0.0)},
      {"embedding 100 16", nn::embedding(100, 16)},
      {"embedding 100 16 padding_idx 0 init normal 0.02", nn::embedding(100, 16).padding_idx(0).init("normal", 0.02)},
      {"max_pool 2", nn::max_pool(2)},
      {"max_pool 3 stride 2 padding 1 dilation 1x2 ceil", nn::max_pool(3).stride(2).padding(1).dilation({1, 2}).ceil()},
      {"avg_pool 2x3", nn::avg_pool({2, 3})},
      {"avg_pool 3 stride 1 padding 1 ceil inside divisor 5",
       nn::avg_pool(3).stride(1).padding(1).ceil().inside().divisor(5)},
      {"adaptive_avg_pool 7", nn::adaptive_avg_pool(7)},
      {"adaptive_max_pool 1x2", nn::adaptive_max_pool({1, 2})},
      {"batch_norm", nn::batch_norm()},
      {"batch_norm eps 0.001 momentum 0.01 no_affine no_statistics",
       nn::batch_norm().eps(1e-3).momentum(0.01).no_affine().no_statistics()},
      {"batch_norm cumulative", nn::batch_norm().cumulative()},
      {"instance_norm", nn::instance_norm()},
      {"instance_norm eps 0.1 momentum 0.5 cumulative affine statistics",
       nn::instance_norm().eps(0.1).momentum(0.5).cumulative().affine().statistics()},
      {"layer_norm", nn::layer_norm()},
      {"layer_norm 3 eps 1e-6 no_affine", nn::layer_norm(3).eps(1e-6).no_affine(), "layer_norm 3 eps 1e-06 no_affine"},
      {"group_norm 4", nn::group_norm(4)},
      {"group_norm 4 eps 0.01 no_affine", nn::group_norm(4).eps(0.01).no_affine()},
      {"dropout", nn::dropout()},
      {"dropout 0.5", nn::dropout(0.5), "dropout"},
      {"dropout 0.25", nn::dropout(0.25)},
      {"dropout2d 0.1", nn::dropout2d(0.1)},
      {"relu", nn::relu()},
      {"relu6", nn::relu6()},
      {"selu", nn::selu()},
      {"silu", nn::silu()},
      {"mish", nn::mish()},
      {"sigmoid", nn::sigmoid()},
      {"logsigmoid", nn::logsigmoid()},
      {"hardsigmoid", nn::hardsigmoid()},
      {"hardswish", nn::hardswish()},
      {"tanh", nn::tanh()},
      {"tanhshrink", nn::tanhshrink()},
      {"softsign", nn::softsign()},
      {"leaky_relu", nn::leaky_relu()},
      {"leaky_relu 0.2", nn::leaky_relu(0.2)},
      {"elu 0.5", nn::elu(0.5)},
      {"celu 2", nn::celu(2)},
      {"gelu", nn::gelu()},
      {"gelu tanh", nn::gelu("tanh")},
      {"glu", nn::glu()},
      {"glu 1", nn::glu(1)},
      {"hardshrink 0.1", nn::hardshrink(0.1)},
      {"softshrink 0.1", nn::softshrink(0.1)},
      {"softmax", nn::softmax()},
      {"softmax -1", nn::softmax(-1)},
      {"log_softmax 1", nn::log_softmax(1), "log_softmax"},
      {"hardtanh", nn::hardtanh()},
      {"hardtanh -1 2", nn::hardtanh(-1, 2)},
      {"hardtanh -2", nn::hardtanh(-2)},
      {"softplus 2 10", nn::softplus(2, 10)},
      {"threshold 0.1 20", nn::threshold(0.1, 20)},
      {"prelu", nn::prelu()},
      {"prelu channels init 0.1", nn::prelu().channels().init(0.1)},
      {"flatten", nn::flatten()},
      {"flatten 2 3", nn::flatten(2, 3)},
      {"flatten 1 2", nn::flatten(1, 2)},
      {"unflatten 16 7 7", nn::unflatten(16, 7, 7)},
      {"unflatten -1 2 dim 2", nn::unflatten(-1, 2).dim(2)},
      {"identity", nn::identity()},
      {"pixel_shuffle 2", nn::pixel_shuffle(2)},
      {"constant_pad 1", nn::constant_pad(1)},
      {"constant_pad 0 1 value 1", nn::constant_pad(0, 1).value(1)},
      {"constant_pad 0 0 -1 2 value -0.5", nn::constant_pad(0, 0, -1, 2).value(-0.5)},
      {"zero_pad 1", nn::zero_pad(1)},
      {"zero_pad 1 2 -3 0", nn::zero_pad(1, 2, -3, 0)},
      {"reflection_pad 2", nn::reflection_pad(2)},
      {"replication_pad 1 1 2 2", nn::replication_pad(1, 1, 2, 2)},
      {"residual(linear 3 | relu)", nn::residual(nn::linear(3) | nn::relu())},
      {"repeat 3 (relu)", nn::repeat(3, nn::relu())},
      {"parallel(linear 3, identity) add", nn::parallel(nn::linear(3), nn::identity()).add()},
      {"parallel(conv 3 1, conv 3 3 same | relu, identity) concat",
       nn::parallel(nn::conv(3, 1), nn::conv(3, 3).same() | nn::relu(), "identity").concat()},
      {"parallel(relu, relu) concat dim 2", nn::parallel(nn::relu(), nn::relu()).concat().dim(2)},
      {"fc1 = linear 1024", nn::linear(1024).named("fc1")},
      {"conv 3 3 | b = residual(c = conv 3 3 same) | relu",
       nn::conv(3, 3) | nn::residual(nn::conv(3, 3).same().named("c")).named("b") | nn::relu()},
      {"conv 3 3 | relu | flatten | linear 4", nn::conv(3, 3) | "relu | flatten" | nn::linear(4)},
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lang_faces)

BOOST_AUTO_TEST_CASE(describe_the_same) {
  for (const Row& row : layers()) BOOST_TEST_CONTEXT(row.text) {
      BOOST_TEST((Chain(row.text) == row.pipe));
      BOOST_TEST(Chain(row.text).text() == (row.canonical ? row.canonical : row.text));
      BOOST_TEST(row.pipe.text() == (row.canonical ? row.canonical : row.text));
    }
}

// Fails for a new row, option or initialiser without a test here.
BOOST_AUTO_TEST_CASE(both_have_all_of_the_table) {
  std::set<std::string> met;
  std::function<void(const Chain&)> walk = [&](const Chain& chain) {
    for (const auto& layer : chain.layers) {
      met.insert(layer.layer);
      for (const auto& value : layer.values) met.insert(layer.layer + " " + value.first);
      for (const Chain& branch : layer.branches) walk(branch);
    }
  };
  for (const Row& row : layers()) walk(row.pipe);
  walk((nn::input(3, 8, 8) | nn::relu())->description());
  for (const nn::lang::LayerRow* row : nn::lang::rows()) {
    if (row->what.starts_with("Test:")) continue;  // registered by other tests
    BOOST_TEST(met.count(row->name) == 1, row->name);
    for (const auto& option : row->options) BOOST_TEST(met.count(row->name + " " + option.name) == 1, option.name);
  }
}

BOOST_AUTO_TEST_CASE(of_whole_models_give_the_same_weights) {
  manual_seed(3);
  auto piped = nn::input(1, 28, 28) | nn::conv(32, 5).same() | nn::relu() | nn::max_pool(2) | nn::flatten() |
               nn::linear(10).init("truncated_normal", 0.1).bias(0.1);
  manual_seed(3);
  auto parsed = nn::parse(
      "input 1 28 28 | conv 32 5 same | relu | max_pool 2 | flatten | linear 10 init truncated_normal 0.1 bias 0.1");
  BOOST_TEST(piped->text() == parsed->text());
  BOOST_TEST(printed(*piped) == printed(*parsed));
  const auto a = piped->named_parameters(), b = parsed->named_parameters();
  BOOST_TEST((a.keys() == b.keys()));
  for (size_t i = 0; i < a.size(); ++i) check_same(a[i].value(), b[i].value());
}

BOOST_AUTO_TEST_CASE(a_text_may_have_lines_and_comments) {
  const nn::Model net = nn::parse(R"(
    # LeNet, more or less
    input 1 28 28
    | conv 6 5 same | relu     # 28 x 28
    | max_pool 2
    | flatten | fc = linear
        10
  )");
  BOOST_TEST(net->text() == "input 1 28 28 | conv 6 5 same | relu | max_pool 2 | flatten | fc = linear 10");
}

BOOST_AUTO_TEST_CASE(initialisers_fill_as_nn_init) {
  for (const auto& row : nn::lang::initialisers()) BOOST_TEST_CONTEXT(row.name) {
      const bool convolves = row.name == "dirac";
      std::string text = convolves ? "input 4 8 8 | conv 4 3 init " : "input 20 | linear 30 init ";
      text += row.name;
      std::vector<double> numbers;
      for (const auto& number : row.numbers) {
        numbers.push_back(number.default_value ? number.default_value->numbers[0] : 0.25);
        if (!number.default_value) text += " 0.25";
      }
      manual_seed(5);
      const Tensor weight = nn::parse(text)->parameters()[0];
      Tensor wanted = zeros(weight.sizes());
      manual_seed(5);
      // draws the values that the layer draws first
      nn::parse(convolves ? "input 4 8 8 | conv 4 3" : "input 20 | linear 30");
      row.fill(wanted, numbers);
      check_same(weight.detach(), wanted);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
