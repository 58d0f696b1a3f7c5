// Errors of invalid texts: type, place, layer, input sizes, and a suggestion.
#include "tests/nn/support.h"
#include "weft/nn/lang/model.h"

namespace weft {
namespace {

// A user-defined layer without a plan: errors are found by running it.
const nn::LayerRegistration thirds_row({.name = "test_thirds", .what = "Test: sums thirds of the features."},
                                       [](const nn::LayerCall&) {
                                         return nn::Functional([](const Tensor& x) {
                                           return x.unflatten(1, {3, -1}).sum(1);
                                         });
                                       });

struct Row {
  std::string text, message;
};

std::string nested(int depth) {
  std::string text = "input 3 | ";
  for (int i = 0; i < depth; ++i) text += "residual(";
  text += "relu";
  return text + std::string(static_cast<size_t>(depth), ')');
}

const std::vector<Row> kValueErrors = {
    // Grammar errors.
    {"", "[parse] line 1, column 1: expected a layer, found the end of the text"},
    {"# only a comment", "[parse] line 1, column 17: expected a layer, found the end of the text"},
    {"input 3 |", "[parse] line 1, column 10: expected a layer, found the end of the text"},
    {"input 3\n| | relu", "[parse] line 2, column 3: expected a layer, found '|'"},
    {"input 3 | relu)", "[parse] line 1, column 15: ')' without '('"},
    {"input 3 | relu, tanh", "[parse] line 1, column 15: ',' outside of a layer's parentheses"},
    {"input 3 | residual(relu", "[residual] line 1, column 19: '(' without ')'"},
    {"input 3 | residual()", "[parse] line 1, column 20: expected a layer, found ')'"},
    {"input 3 | residual(relu = tanh = relu)", "[parse] line 1, column 32: expected '|', ',' or ')', found '='"},
    {"input 3 | 5 = relu", "[parse] line 1, column 11: expected a layer, found '5'"},
    {"input 3 | linear 3; relu", "[parse] line 1, column 19: unexpected character ';'"},
    {"input 3 | linear 1O", "[parse] line 1, column 18: '1O' is not a number"},
    {"input 3 | linear 1e999", "[parse] line 1, column 18: '1e999' is not a number in range"},
    {"input 3 | linear 3x", "[parse] line 1, column 18: '3x' is not a number"},
    {"input 3 | linear --3", "[parse] line 1, column 18: '--3' is not a number"},
    {"input 3 | linear nan", "[linear] line 1, column 11: features is missing: linear features"},
    {"# \xC3\xA4\xC3\xB6\ninput 3 | \xC3\xA4", "[parse] line 2, column 11: unexpected character '\\xc3'"},
    // Unknown names, with the nearest.
    {"input 1 28 28 | cnov 32 5", "[parse] line 1, column 17: unknown layer 'cnov'; did you mean 'conv'?"},
    {"input 3 | maxpool 2", "[parse] line 1, column 11: unknown layer 'maxpool'; did you mean 'max_pool'?"},
    {"input 3 | flibbertigibbet", "[parse] line 1, column 11: unknown layer 'flibbertigibbet'"},
    {"input 1 28 28 | conv 32 5 strid 2", "[conv] line 1, column 27: unknown option 'strid'; did you mean 'stride'?"},
    {"input 1 28 28 | max_pool 2 same",
     "[max_pool] line 1, column 28: unknown option 'same'; it takes stride, padding, dilation, ceil"},
    {"input 3 | relu fast", "[relu] line 1, column 16: unknown option 'fast'; it takes none"},
    {"input 3 | linear 3 init nromal",
     "[linear] line 1, column 20: unknown initialiser 'nromal'; did you mean 'normal'?"},
    {"input 3 | gelu tahn",
     "[gelu] line 1, column 16: approximate must be none, tanh, got 'tahn'; did you mean 'tanh'?"},
    {"input 3 | linear 3 relu", "[linear] line 1, column 20: '|' is missing before 'relu'"},
    // Values.
    {"input 1 28 28 | conv 32", "[conv] line 1, column 17: kernel is missing: conv channels kernel"},
    {"input 3 | linear", "[linear] line 1, column 11: features is missing: linear features"},
    {"input 3 | linear 3 4", "[linear] line 1, column 11: takes 1 argument: linear features, got 2"},
    {"input 3 | relu 1", "[relu] line 1, column 11: takes 0 arguments, got 1"},
    {"input 3 | linear 0", "[linear] line 1, column 18: features must be from 1 to 1000000000, got 0"},
    {"input 3 | linear 2.5", "[linear] line 1, column 18: features must be an integer, got 2.5"},
    {"input 3 | linear 2x3", "[linear] line 1, column 18: features takes 1 number, got 2"},
    {"input 3 | dropout 1.5", "[dropout] line 1, column 19: p must be from 0 to 1, got 1.5"},
    {"input 3 8 8 | conv 3 3 stride 0", "[conv] line 1, column 24: stride must be from 1 to 65536, got 0"},
    {"input 3 8 8 | conv 3 3 stride", "[conv] line 1, column 24: stride has no number"},
    {"input 3 8 8 | conv 3 3 stride 2 2", "[conv] line 1, column 33: unexpected number 2: conv channels kernel"},
    {"input 3 8 8 | conv 3 3x3x3", "[conv] line 1, column 22: kernel takes at most 2 numbers, got 3"},
    {"input 3 8 8 | conv 3 3 same same", "[conv] line 1, column 29: same is given twice"},
    {"input 3 8 8 | conv 3 3 same 2", "[conv] line 1, column 29: unexpected number 2: conv channels kernel"},
    {"input 3 8 8 | conv 3 3 padding_mode mirror",
     "[conv] line 1, column 24: padding_mode must be zeros, reflect, replicate, circular, got 'mirror'"},
    {"input 3 | linear 3 init uniform 1 2 3", "[linear] line 1, column 20: init uniform takes 2 numbers, got 3"},
    {"input 3 | linear 3 init uniform 1", "[linear] line 1, column 20: init uniform needs a number: high"},
    {"input 3 | linear 3 init uniform 1 -1",
     "[linear] line 1, column 20: init uniform needs low <= high, got 1 and -1"},
    {"input 3 | linear 3 init constant", "[linear] line 1, column 20: init constant needs a number: value"},
    {"input 3 | linear 3 no_bias bias 1", "[linear] line 1, column 11: no_bias and bias exclude each other"},
    {"input 3 8 8 | conv 3 3 same padding 1", "[conv] line 1, column 15: same and padding exclude each other"},
    {"input 3 8 8 | conv 3 3 same stride 2", "[conv] line 1, column 15: same needs stride 1, got [2, 2]"},
    {"input 3 8 8 | max_pool 2 padding 2",
     "[max_pool] line 1, column 15: padding 2 must be at most half of kernel 2: at most 1 fits"},
    {"input 3 8 8 | conv_transpose 3 3 output_padding 1",
     "[conv_transpose] line 1, column 15: output_padding 1 must be below stride 1"},
    {"input 3 | relu(tanh)", "[relu] line 1, column 15: takes no chains in parentheses"},
    {"input 3 | residual", "[residual] line 1, column 11: takes 1 branch in parentheses, got 0"},
    {"input 3 | residual(relu, tanh)", "[residual] line 1, column 11: takes 1 branch in parentheses, got 2"},
    {"input 3 | parallel(relu) add", "[parallel] line 1, column 11: takes at least 2 branches in parentheses, got 1"},
    {"input 3 | parallel add (relu, relu)",
     "[parallel] line 1, column 11: takes at least 2 branches in parentheses, got 0"},
    {"input 3 | parallel(relu, relu)",
     "[parallel] line 1, column 11: is joined by concat or add: parallel(...) concat"},
    {"input 3 | parallel(relu, relu) add dim 1", "[parallel] line 1, column 11: dim goes with concat"},
    {"input 3 | constant_pad 1 2 3 4",
     "[constant_pad] line 1, column 11: takes one border, or left and right for the input [3], got 4"},
    {"input 3 4 | constant_pad 1 2 3 4",
     "[constant_pad] line 1, column 13: takes one border, or left and right for the input [3, 4], got 4"},
    {"input 2 3 4 | constant_pad 1 2",
     "[constant_pad] line 1, column 15: takes one border, or left, right, top and bottom for the input [2, 3, 4], got "
     "2"},
    {"input 3 | constant_pad 1 value 1e9",
     "[constant_pad] line 1, column 26: value must be from -1000000 to 1000000, got 1000000000"},
    {"input 2 3 4 | zero_pad 1 2",
     "[zero_pad] line 1, column 15: takes one border, or left, right, top and bottom for the input [2, 3, 4], got 2"},
    // Models.
    {"# no input\n  relu", "[model] line 2, column 3: begins with the sizes of one sample: input 1 28 28 | ..."},
    {" input 3", "[model] line 1, column 2: has no layers: input 3 | ..."},
    {"input 3 | input 3", "[input] line 1, column 11: is only allowed at the beginning of a model"},
    {"x = input 3 | relu", "[input] line 1, column 5: cannot be named x"},
    {"input 3 | a = relu | a = tanh", "[tanh] line 1, column 26: the name 'a' is taken"},
    {"input 3 | embedding 5 2 padding_idx 5", "[embedding] line 1, column 11: padding_idx 5 of 5 vectors: at most 4"},
    // Absurd sizes.
    {nested(40), "[residual] line 1, column 298: branches are nested deeper than 32"},
    {"input 3 | repeat 9999 (repeat 9999 (relu))", "[relu] line 1, column 37: the model has more than 10000 layers"},
};

const std::vector<Row> kShapeErrors = {
    {"input 1 4 4 | conv 32 5",
     "[conv] line 1, column 15: kernel 5 is larger than height 4 of the input [1, 4, 4]: at most 4 fits"},
    {"input 1 9 4\n| conv 8 3x7 padding 1",
     "[conv] line 2, column 3: kernel 7 is larger than width 4 of the input [1, 9, 4] with padding 1: at most 6 fits"},
    {"input 1 9 9 | conv 8 5 dilation 3",
     "[conv] line 1, column 15: kernel 5 of dilation 3 is larger than height 9 of the input [1, 9, 9]: at most 3 fits"},
    {"input 784 | conv 32 5",
     "[conv] line 1, column 13: takes [channels, height, width], got [784]; `unflatten` before it splits a dimension"},
    {"input 3 20 | conv 32 5",
     "[conv] line 1, column 14: takes [channels, height, width], got [3, 20]; `conv1d` takes [channels, length]"},
    {"input 3 20 20 | conv1d 32 5",
     "[conv1d] line 1, column 17: takes [channels, length], got [3, 20, 20]; `flatten` before it joins dimensions"},
    {"input 3 8 8 | conv 8 3 groups 2",
     "[conv] line 1, column 15: groups 2 must divide the 3 channels of the input [3, 8, 8] and the 8 it makes: 1 fits"},
    {"input 3 4 4 | conv 8 3 padding 4 padding_mode reflect",
     "[conv] line 1, column 15: reflect padding 4 does not fit height 4 of the input [3, 4, 4]: at most 3 fits"},
    {"input 3 2 2 | conv_transpose 1 1 padding 1",
     "[conv_transpose] line 1, column 15: padding 1 leaves nothing of height 2, which 2 of the input [3, 2, 2] "
     "becomes: at most 0 fits"},
    {"input 3 2 9 | max_pool 3",
     "[max_pool] line 1, column 15: kernel 3 is larger than height 2 of the input [3, 2, 9]: at most 2 fits"},
    {"input 3 4 | unflatten 2 2",
     "[unflatten] line 1, column 13: 3 of the input [3, 4] cannot be split into [2, 2], which make 4"},
    {"input 12 | unflatten 2 5",
     "[unflatten] line 1, column 12: 12 of the input [12] cannot be split into [2, 5], which make 10; 6 in place of 5 "
     "fits"},
    {"input 6 | unflatten -1 4",
     "[unflatten] line 1, column 11: 6 of the input [6] cannot be split into [-1, 4], which make multiples of 4; 3 or "
     "6 in place of 4 fits"},
    {"input 6 | softmax 2", "[softmax] line 1, column 11: dim 2 of the input [6]: dimensions are 1 to 1, or -1 to -1"},
    {"input 6 2 | flatten 2 1", "[flatten] line 1, column 13: start 2 is after end 1 of the input [6, 2]"},
    {"input 5 | glu", "[glu] line 1, column 11: halves dimension 1 of the input [5], which is odd: 4 or 6 fits"},
    {"input 6 2 2 | pixel_shuffle 2",
     "[pixel_shuffle] line 1, column 15: factor 2 needs channels that 4 divides, got [6, 2, 2]: 4 or 8 fits"},
    {"input 6 2 2 | reflection_pad 2",
     "[reflection_pad] line 1, column 15: borders 2 and 2 do not fit height 2 of the input [6, 2, 2]: at most 1 fits"},
    {"input 6 2 2 | zero_pad -1",
     "[zero_pad] line 1, column 15: -1 before and -1 after leave nothing of height 2 of the input [6, 2, 2]: together "
     "at least -1 fits"},
    {"input 3 | constant_pad -2",
     "[constant_pad] line 1, column 11: -2 before and -2 after leave nothing of size 3 of the input [3]: together at "
     "least -2 fits"},
    {"input 2 3 | constant_pad -4 1",
     "[constant_pad] line 1, column 13: -4 before and 1 after leave nothing of length 3 of the input [2, 3]: together "
     "at least -2 fits"},
    {"input 2 2 2 2 | constant_pad 1",
     "[constant_pad] line 1, column 17: takes [features], [channels, length] or [channels, height, width], got [2, 2, "
     "2, 2]; `flatten` before it joins dimensions"},
    {"input 6 | group_norm 4",
     "[group_norm] line 1, column 11: groups 4 must divide the 6 channels of the input [6]: 3 or 6 fits"},
    {"input 6 | layer_norm 2", "[layer_norm] line 1, column 11: dims 2 of the input [6]: at most 1 fits"},
    {"input 6 2 2 2 | batch_norm",
     "[batch_norm] line 1, column 17: takes [features], [channels, length] or [channels, height, width], got [6, 2, 2, "
     "2]; `flatten` before it joins dimensions"},
    {"input 6 1 1 | instance_norm",
     "[instance_norm] line 1, column 15: needs more than one value per channel, got [6, 1, 1]"},
    {"input 6 | residual(linear 5)",
     "[residual] line 1, column 11: its body makes [5] of [6], which cannot be added; in `parallel(..., ...) add` a "
     "second chain can adapt the sizes"},
    {"input 6 | residual(relu |\n linear 5 | conv 3 3)",
     "[conv] line 2, column 13: takes [channels, height, width], got [5]; `unflatten` before it splits a dimension"},
    {"input 6 | parallel(linear 5, linear 4) add",
     "[parallel] line 1, column 11: branches make [5], [4] of the input [6], which cannot be added: they differ in "
     "dimension 1"},
    {"input 6 2 | parallel(linear 5, linear 4) concat",
     "[parallel] line 1, column 13: branches make [6, 5], [6, 4] of the input [6, 2], which cannot be concatenated: "
     "they differ in dimension 2"},
    {"input 6 2 | parallel(flatten, identity) concat",
     "[parallel] line 1, column 13: branches make [12], [6, 2] of the input [6, 2], which cannot be concatenated: "
     "their numbers of dimensions differ"},
    {"input 6 | parallel(relu, relu) concat dim 2",
     "[parallel] line 1, column 11: branches make [6], [6] of the input [6], which cannot be concatenated: dim is at "
     "most 1"},
    {"input 3 9 9 | repeat 5 (conv 3 3)",
     "[conv] line 1, column 25: kernel 3 is larger than height 1 of the input [3, 1, 1]: at most 1 fits"},
    {"input 6 | linear 5 bias kaiming_normal",
     "[linear] line 1, column 11: bias kaiming_normal is for 2 and more dimensions, this tensor has 1"},
    {"input 6 9 9 | conv 5 3 init eye", "[conv] line 1, column 15: init eye is for 2 dimensions, this tensor has 4"},
    // Found by running a layer.
    {"input 4 | test_thirds",
     "[unflatten] line 1, column 11, test_thirds.Functional: 4 elements do not fit sizes [3, -1]"},
    {"input 6 | repeat 2 (residual(relu) | parallel(relu,\n test_thirds | test_thirds) concat)",
     "[unflatten] line 2, column 16, test_thirds.Functional: 2 elements do not fit sizes [3, -1]"},
    // Absurd sizes.
    {"input 1000000 | linear 1000000",
     "[linear] line 1, column 17: needs more than 17179869184 parameters for [1000000]"},
    {"input 100000 | linear 100000 | linear 100000",
     "[linear] line 1, column 32: brings the model to more than 17179869184 parameters"},
    {"input 100000 100000 100000 | relu",
     "[input] line 1, column 1: would make [100000, 100000, 100000] of one sample: at most 17179869184 elements fit"},
    {"input 1 9 9 | repeat 9 (conv_transpose 1 1 stride 65536)",
     "[conv_transpose] line 1, column 25: would make [1, 524289, 524289] of the input [1, 9, 9]: at most 17179869184 "
     "elements fit"},
    {"input 1 1 | repeat 2 (unflatten 1 1 1 1 1)",
     "[unflatten] line 1, column 23: would make [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] of the input [1, 1, 1, 1, 1, 1]: at "
     "most 8 dimensions fit"},
    {"input 1 1 1 | conv 1000000000 1 | conv 1000000000 1",
     "[conv] line 1, column 35: needs more than 17179869184 parameters for [1000000000, 1, 1]"},
};

const std::vector<Row> kDtypeErrors = {
    {"input 4 | linear 3 | embedding 5 2",
     "[embedding] line 1, column 22: reads integers, but the elements of the input [3] are floats computed by linear; "
     "only flatten, unflatten, identity, pixel_shuffle, constant_pad, zero_pad, reflection_pad, "
     "replication_pad may precede it"},
    {"input 4 | residual(identity |\n tanh) | flatten | embedding 5 2",
     "[embedding] line 2, column 20: reads integers, but the elements of the input [4] are floats computed by tanh; "
     "only flatten, unflatten, identity, pixel_shuffle, constant_pad, zero_pad, reflection_pad, "
     "replication_pad may precede it"},
    {"input 4 | parallel(identity, relu, identity) concat | embedding 5 2",
     "[embedding] line 1, column 55: reads integers, but the elements of the input [12] are floats computed by relu; "
     "only flatten, unflatten, identity, pixel_shuffle, constant_pad, zero_pad, reflection_pad, "
     "replication_pad may precede it"},
    {"input 4 | repeat 2 (embedding 5 2)",
     "[embedding] line 1, column 21: reads integers, but the elements of the input [4, 2] are floats computed by "
     "embedding; only flatten, unflatten, identity, pixel_shuffle, constant_pad, zero_pad, reflection_pad, "
     "replication_pad may precede it"},
    {"input 6 | test_thirds | embedding 5 2",
     "[embedding] line 1, column 25: reads integers, but the elements of the input [2] are floats computed by "
     "test_thirds; only flatten, unflatten, identity, pixel_shuffle, constant_pad, zero_pad, reflection_pad, "
     "replication_pad may precede it"},
    {"input 4 | parallel(embedding 5 3, linear 3 | unflatten 1 3) add",
     "[linear] line 1, column 35: takes floats, but embedding takes the same elements of the sample as integers"},
    {"input 4 | parallel(linear 3 | unflatten 1 3, flatten | embedding 5 3) add",
     "[embedding] line 1, column 56: takes integers, but linear takes the same elements of the sample as floats"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lang_errors)

BOOST_AUTO_TEST_CASE(name_place_layer_and_what_would_fit) {
  for (const Row& row : kValueErrors)
    BOOST_TEST_CONTEXT(row.text) BOOST_TEST(message_of<ValueError>([&] { nn::parse(row.text); }) == row.message);
}

BOOST_AUTO_TEST_CASE(name_what_came_in) {
  for (const Row& row : kShapeErrors)
    BOOST_TEST_CONTEXT(row.text) BOOST_TEST(message_of<ShapeError>([&] { nn::parse(row.text); }) == row.message);
}

BOOST_AUTO_TEST_CASE(name_who_makes_floats_where_whole_numbers_are_read) {
  for (const Row& row : kDtypeErrors)
    BOOST_TEST_CONTEXT(row.text) BOOST_TEST(message_of<DtypeError>([&] { nn::parse(row.text); }) == row.message);
}

BOOST_AUTO_TEST_CASE(of_the_pipe_name_the_layer_by_its_number) {
  auto net = nn::input(1, 28, 28) | nn::conv(8, 3) | nn::relu();
  BOOST_TEST(message_of<ShapeError>([&] { net | nn::max_pool(30); }) ==
             "[max_pool] layer 2: kernel 30 is larger than height 26 of the input [8, 26, 26]: at most 26 fits");
  BOOST_TEST(
      message_of<ShapeError>([&] { net | nn::repeat(2, nn::relu() | nn::residual(nn::linear(3))); }) ==
      "[residual] layer 2.0.1: its body makes [8, 26, 3] of [8, 26, 26], which cannot be added; in `parallel(..., "
      "...) add` a second chain can adapt the sizes");
  BOOST_TEST(message_of<ShapeError>([&] { net | nn::residual(nn::layer("test_thirds")); }) ==
             "[unflatten] layer 2.body.0, test_thirds.Functional: 8 elements do not fit sizes [3, -1]");
  BOOST_TEST(message_of<ValueError>([] { nn::Model(nn::lang::Chain(nn::relu())); }) ==
             "[model] begins with the sizes of one sample: input 1 28 28 | ...");
  BOOST_TEST(message_of<ValueError>([] { nn::dropout(2); }) == "[dropout] p must be from 0 to 1, got 2");
  BOOST_TEST(message_of<ValueError>([] { nn::conv(0, 3); }) == "[conv] channels must be from 1 to 1000000000, got 0");
  BOOST_TEST(message_of<ValueError>([] {
               nn::layer("cnov", {3, 3});
             }) == "[parse] unknown layer 'cnov'; did you mean 'conv'?");
  BOOST_TEST(message_of<ValueError>([] { nn::relu().set("same"); }) == "[relu] unknown option 'same'; it takes none");
  BOOST_TEST(message_of<ValueError>([] { nn::relu().named("1st"); }) ==
             "[relu] '1st' is not a valid name: expected letters, digits and _, starting with a letter");
  auto deeper = [] {
    nn::lang::Layer layer = nn::relu();
    for (int i = 0; i < 100; ++i) layer = nn::residual(layer);
  };
  BOOST_TEST(message_of<ValueError>(deeper) == "[residual] branches are nested deeper than 32");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
