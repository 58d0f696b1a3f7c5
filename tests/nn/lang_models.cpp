// Models of the language as modules: names, use, copies, summaries, and user-defined layers.
#include <set>

#include "tests/nn/support.h"
#include "weft/autograd/functions.h"
#include "weft/optim/optim.h"

namespace weft {
namespace {

// A user-defined layer: one line adds it to the language. Sizes are found by running it.
struct ScaleImpl : nn::Module {
  ScaleImpl(int64_t features, double by) { weight = register_parameter("weight", full({features}, by)); }
  Tensor forward(const Tensor& x) { return x * weight; }
  Tensor weight;
};
WEFT_MODULE(Scale);
const nn::LayerRegistration scale_row({.name = "test_scale",
                                       .what = "Test: weights each feature.",
                                       .arguments = {nn::lang::number("by", -10, 10).defaults_to(2)}},
                                      [](const nn::LayerCall& c) { return Scale(c.input().back(), c.number("by")); });

// A layer with chains and its own plan.
struct GateImpl : nn::Module {
  GateImpl(nn::Sequential inside) { this->inside = register_module("inside", inside); }
  Tensor forward(const Tensor& x) { return x * inside->forward(x).sigmoid(); }
  nn::Sequential inside{nullptr};
};
WEFT_MODULE(Gate);
const nn::LayerRegistration gate_row({.name = "test_gate",
                                      .what = "Test: weights the input by what a chain makes of it.",
                                      .branches = {1, 1},
                                      .plan =
                                          [](const nn::LayerCall& c) {
                                            const Dims out = c.plan_branch(0, "inside", c.input());
                                            check<ShapeError>(out == c.input(), "[test_gate] makes {} of {}", out,
                                                              c.input());
                                            return nn::lang::Plan{out, 0, 0};
                                          }},
                                     [](const nn::LayerCall& c) {
                                       return Gate(c.build_branch(0, "inside", c.input()));
                                     });

// A layer that reads integers.
const nn::LayerRegistration one_hot_row({.name = "test_one_hot",
                                         .what = "Test: 1 where the number is that of the place.",
                                         .takes = nn::lang::Takes::Whole},
                                        [](const nn::LayerCall&) {
                                          return nn::Functional([](const Tensor& x) {
                                            check<DtypeError>(x.dtype() == kInt64, "[test_one_hot] takes int64");
                                            return (x.unsqueeze(-1) == arange(5)).to(kFloat);
                                          });
                                        });

struct BothImpl : nn::Cloneable<BothImpl> {
  BothImpl() { reset(); }
  void reset() override { net = register_module("net", nn::parse("input 4 | linear 3 | dropout | linear 2")); }
  Tensor forward(const Tensor& x) { return net(x); }
  nn::Model net{nullptr};
};
WEFT_MODULE(Both);

std::vector<std::string> names(const nn::Module& net) { return net.named_parameters().keys(); }
using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(lang_models)

BOOST_AUTO_TEST_CASE(name_parameters_by_position_or_name) {
  auto net = nn::parse(
      "input 3 8 8 | conv 4 3 same | stem = conv 4 3 same | residual(conv 4 3 same | relu | last = conv 4 3 same) | "
      "blocks = repeat 2 (batch_norm) | parallel(conv 1 1, deep = repeat 1 (conv 2 1)) concat | flatten | fc = linear "
      "2");
  const Names wanted{"0.weight",          "0.bias",          "stem.weight",         "stem.bias",
                     "2.body.0.weight",   "2.body.0.bias",   "2.body.last.weight",  "2.body.last.bias",
                     "blocks.0.0.weight", "blocks.0.0.bias", "blocks.1.0.weight",   "blocks.1.0.bias",
                     "4.0.0.weight",      "4.0.0.bias",      "4.1.deep.0.0.weight", "4.1.deep.0.0.bias",
                     "fc.weight",         "fc.bias"};
  BOOST_TEST(names(*net) == wanted, boost::test_tools::per_element());
  // The summary uses the same names.
  std::set<std::string> rows;
  for (const auto& row : nn::summary(net).rows) rows.insert(row.name);
  for (const std::string& name : wanted) BOOST_TEST(rows.count(name.substr(0, name.rfind('.'))) == 1, name);
}

BOOST_AUTO_TEST_CASE(train_like_any_module) {
  manual_seed(1);
  auto net = nn::input(8) | nn::linear(16) | nn::tanh() | nn::dropout(0.1) | nn::linear(1);
  optim::Adam adam(net->named_parameters(), optim::AdamOptions(0.02));
  const Tensor x = randn({64, 8}), y = x.sum(1, true);
  const double before = F::mse_loss(net(x), y).item<double>();
  for (int i = 0; i < 100; ++i) {
    adam.zero_grad();
    F::mse_loss(net->forward(x), y).backward();
    adam.step();
  }
  net->eval();
  BOOST_TEST(F::mse_loss(net(x), y).item<double>() < before / 4);
  BOOST_TEST(!net->at<nn::Dropout>(2).is_training());
  net->to(kFloat64);
  BOOST_TEST((net(x.to(kFloat64)).dtype() == kFloat64));
}

BOOST_AUTO_TEST_CASE(residual_repeat_and_parallel_compute_what_they_say) {
  manual_seed(2);
  const Tensor x = randn({2, 3, 6, 6});
  auto net = nn::input(3, 6, 6) | nn::residual(nn::conv(3, 3).same()) |
             nn::parallel(nn::conv(2, 1), nn::identity(), nn::relu()).concat();
  auto& residual = net->at<nn::Residual>(0);
  const Tensor sum = x + residual.body->forward(x);
  const Tensor first = net->at<nn::Parallel>(1).branches[0]->forward(sum);
  check_same(net(x), cat({first, sum, sum.relu()}, 1));
  auto add = nn::parse("input 5 | parallel(relu, identity, tanh) add | parallel(relu, relu) concat dim 1");
  const Tensor v = randn({4, 5}), added = v.relu() + v + v.tanh();
  check_same(add(v), cat({added.relu(), added.relu()}, 1));
  auto repeat = nn::parse("input 5 | repeat 3 (linear 5 | relu)");
  Tensor by_hand = v;
  for (const Tensor& p : repeat->parameters()) BOOST_TEST(p.size(0) == 5);
  for (int i = 0; i < 3; ++i) {
    auto& part = repeat->at<nn::Sequential>(0).at<nn::Sequential>(static_cast<size_t>(i));
    by_hand = part.forward(by_hand);
  }
  check_same(repeat(v), by_hand);
  BOOST_TEST(repeat->parameters().size() == 6u);
  BOOST_TEST(message_of<ShapeError>([&] { residual.forward(randn({2, 4, 6, 6})); }).starts_with("[conv2d] "));
}

BOOST_AUTO_TEST_CASE(whole_numbers_reach_an_embedding_through_layers_that_move_them) {
  for (const char* text : {
           "input 6 | embedding 5 2",
           "input 6 | constant_pad 1 2 value 3 | embedding 5 2",
           "input 6 | unflatten 2 3 | residual(identity) | embedding 5 2 | linear 3",
           "input 4 3 3 | zero_pad 1 | reflection_pad 1 | replication_pad 1 | pixel_shuffle 2 | flatten | embedding 5 "
           "2",
           "input 6 | repeat 3 (parallel(identity, identity) concat) | parallel(embedding 5 2, embedding 5 2) concat",
           "input 6 2 | parallel(embedding 5 3, unflatten 2 1 dim -1) concat dim 3 | linear 2",
           "input 6 2 | parallel(embedding 5 1, unflatten 2 1 dim -1) add | linear 2",
       })
    BOOST_TEST_CONTEXT(text) {
      const nn::Model net = nn::parse(text);
      BOOST_TEST(net->reads_whole_numbers());
      Dims batch = net->input_sizes(), wanted = net->output_sizes();
      batch.insert(0, 2), wanted.insert(0, 2);
      const Tensor made = net(randint(3, batch, kInt64));
      BOOST_TEST((made.dtype() == kFloat32));
      BOOST_TEST(to_string(made.sizes()) == to_string(wanted));
    }
  BOOST_TEST(!nn::parse("input 6 | linear 2")->reads_whole_numbers());
  BOOST_TEST((nn::input(6) | nn::flatten() | nn::embedding(5, 2))->reads_whole_numbers());
  // A user-defined layer that reads integers is run on integers.
  BOOST_TEST(nn::parse("input 6 | flatten | test_one_hot")->reads_whole_numbers());
}

BOOST_AUTO_TEST_CASE(repetitions_are_counted_once) {
  BOOST_TEST(nn::parse("input 3 | repeat 3 (repeat 3000 (relu))")->size() == 1u);
}

BOOST_AUTO_TEST_CASE(constant_pad_takes_features_sequences_and_images) {
  const auto padded = [](const char* text, const Tensor& x) { return nn::parse(text)(x); };
  const Tensor v = randn({4, 5}), s = randn({4, 2, 5}), image = randn({4, 2, 5, 6});
  check_same(padded("input 5 | constant_pad 0 1 value 1", v), cat({v, ones({4, 1})}, 1));
  check_same(padded("input 2 5 | constant_pad 1 -2 value 0.5", s), cat({full({4, 2, 1}, 0.5), s.slice(2, 0, 3)}, 2));
  check_same(padded("input 2 5 6 | constant_pad 0 1 2 0", image), F::pad(image, {0, 1, 2, 0}));
  check_same(padded("input 2 5 6 | constant_pad 1 value -3", image), F::pad(image, {1, 1, 1, 1}, "constant", -3));
  // A column of ones replaces the bias.
  auto net = nn::parse("input 1 2 2 | flatten | constant_pad 0 1 value 1 | linear 3 no_bias");
  const Tensor x = randn({4, 1, 2, 2}), weight = net->parameters()[0].detach();
  check_close(net(x), values(F::linear(x.flatten(1), weight.slice(1, 0, 4), weight.select(1, 4))), 1e-6);
  net(x).sum().backward();
  check_close(net->parameters()[0].grad().select(1, 4), {4, 4, 4}, 1e-6);
}

BOOST_AUTO_TEST_CASE(are_continued_by_the_pipe) {
  auto body = nn::input(4) | nn::linear(3);
  auto longer = body | nn::relu() | "linear 2";
  BOOST_TEST(longer->text() == "input 4 | linear 3 | relu | linear 2");
  BOOST_TEST(body->text() == "input 4 | linear 3");
  BOOST_TEST(longer->parameters()[0].is_same(body->parameters()[0]));
  const nn::lang::Chain block = nn::linear(3) | nn::relu();
  auto twice = nn::input(3) | block | block;
  BOOST_TEST(twice->parameters().size() == 4u);
  body->push_back(nn::ReLU());
  BOOST_CHECK_THROW(body | nn::relu(), StateError);
  BOOST_TEST(!body->is_as_described());
}

BOOST_AUTO_TEST_CASE(are_copied_and_held) {
  manual_seed(4);
  auto net = nn::parse("input 4 | residual(linear 4) | parallel(linear 2, linear 3) concat");
  const auto copy = std::dynamic_pointer_cast<nn::ModelImpl>(net->clone());
  BOOST_REQUIRE(copy);
  const Tensor x = randn({2, 4});
  check_same(copy->forward(x), net(x));
  BOOST_TEST(copy->text() == net->text());
  BOOST_TEST(names(*copy) == names(*net), boost::test_tools::per_element());
  for (size_t i = 0; i < net->parameters().size(); ++i)
    BOOST_TEST(!copy->parameters()[i].is_same(net->parameters()[i]));
  nn::Model shared = net;
  BOOST_TEST(shared.ptr() == net.ptr());
  nn::Sequential sequential = net;
  BOOST_TEST(sequential.ptr() == net.ptr());
  check_same(nn::Sequential(net, nn::ReLU())->forward(x), net(x).relu());
  Both both;
  auto cloned = std::dynamic_pointer_cast<BothImpl>(both->clone());
  cloned->eval();
  both->eval();
  check_same(cloned->forward(x), both(x));
  BOOST_TEST(cloned->net->is_as_described());
  BOOST_TEST(names(*both)[0] == "net.0.weight");
}

BOOST_AUTO_TEST_CASE(print_as_their_text) {
  auto net = nn::parse("input 4 | a = linear 2 | residual(relu)");
  BOOST_TEST(printed(net) == "input 4 | a = linear 2 | residual(relu)");
  BOOST_TEST(printed(*net) ==
             "weft::nn::Model(\n"
             "  (a): weft::nn::Linear(in_features=4, out_features=2, bias=true)\n"
             "  (1): weft::nn::Residual(\n"
             "    (body): weft::nn::Sequential(\n"
             "      (0): weft::nn::ReLU()\n"
             "    )\n"
             "  )\n"
             ")");
  BOOST_TEST(message_of<DtypeError>([&] { net(randn({2, 4}, kFloat64)); }).starts_with("[linear] Model.a: "));
}

BOOST_AUTO_TEST_CASE(refuse_batches_of_other_sizes) {
  auto net = nn::parse("input 28 28 | flatten | linear 3");
  BOOST_TEST(message_of<ShapeError>([&] {
               net(rand({2, 1, 28, 28}));
             }) == "[model] Model: takes [28, 28], got [1, 28, 28] (a batch of sizes [2, 1, 28, 28])");
  BOOST_CHECK_THROW(net(rand({2, 28, 27})), ShapeError);
  BOOST_CHECK_THROW(net(rand({28})), ShapeError);
  BOOST_CHECK_THROW(net(rand({})), ShapeError);
  BOOST_CHECK_THROW((net | nn::relu())(rand({2, 784})), ShapeError);
  BOOST_TEST(net(rand({2, 28, 28})).sizes() == IntArrayRef({2, 3}));
  BOOST_CHECK_THROW(nn::Model(std::static_pointer_cast<nn::ModelImpl>(net->clone()))(rand({2, 784})), ShapeError);
}

BOOST_AUTO_TEST_CASE(are_summarised) {
  const char* text =
      "input 1 28 28 | conv 32 5 same | relu | max_pool 2 | residual(conv 32 1) | flatten | fc = linear 10";
  BOOST_TEST(printed(nn::summary(text)) ==
             "name        layer           output        parameters  MFLOP\n"
             "            input           [1, 28, 28]\n"
             "0           conv 32 5 same  [32, 28, 28]         832  1.254\n"
             "1           relu            [32, 28, 28]           0  0.000\n"
             "2           max_pool 2      [32, 14, 14]           0  0.000\n"
             "3           residual(...)   [32, 14, 14]\n"
             "  3.body.0  conv 32 1       [32, 14, 14]       1,056  0.401\n"
             "4           flatten         [6272]                 0  0.000\n"
             "fc          linear 10       [10]              62,730  0.125\n"
             "total                                         64,618  1.781\n");
  auto net = nn::parse(text);
  BOOST_TEST(printed(nn::summary(net)) == printed(nn::summary(text)));
  // The same network constructed directly, in its previous mode and without its hooks.
  nn::Sequential by_hand(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                         nn::Residual(nn::Sequential(nn::Conv2d(32, 32, 1))), nn::Flatten(), nn::Linear(6272, 10));
  const nn::Summary s = nn::summary(by_hand, {1, 28, 28});
  BOOST_TEST(s.parameters == 64618);
  BOOST_TEST(s.mflop == nn::summary(net).mflop, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(to_string(s.rows[0].output) == "[32, 28, 28]");
  BOOST_TEST(by_hand->is_training());
}

BOOST_AUTO_TEST_CASE(take_layers_of_ones_own) {
  manual_seed(9);
  const Tensor before = rand({1});
  manual_seed(9);
  auto net = nn::parse("input 3 4 | test_scale | s = test_scale -1 | test_gate(linear 4)");
  BOOST_TEST(net->text() == "input 3 4 | test_scale | s = test_scale -1 | test_gate(linear 4)");
  BOOST_TEST(names(*net) == (Names{"0.weight", "s.weight", "2.inside.0.weight", "2.inside.0.bias"}),
             boost::test_tools::per_element());
  const Tensor x = randn({2, 3, 4});
  const Tensor scaled = x * 2 * -1;
  check_same(net(x), scaled * net->at<Gate>(2).inside->forward(scaled).sigmoid());
  BOOST_TEST(nn::summary(net).parameters == 4 + 4 + 20);
  auto piped = nn::input(3, 4) | nn::layer("test_scale") | nn::layer("test_scale", {-1}).named("s") |
               nn::layer("test_gate", {}, {nn::linear(4)});
  BOOST_TEST(piped->text() == net->text());
  BOOST_TEST(message_of<ValueError>([] { nn::parse("input 3 | test_scale 11"); }) ==
             "[test_scale] line 1, column 22: by must be from -10 to 10, got 11");
  BOOST_TEST(message_of<ShapeError>([] { nn::parse("input 3 | test_gate(linear 4)"); }) ==
             "[test_gate] line 1, column 11: makes [4] of [3]");
  BOOST_TEST(message_of<ValueError>([] { nn::parse("input 3 | test_scael"); }) ==
             "[parse] line 1, column 11: unknown layer 'test_scael'; did you mean 'test_scale'?");
  // Finding sizes by running a layer does not change the random state.
  manual_seed(9);
  nn::summary("input 3 4 | test_scale");
  check_same(rand({1}), before);
  auto again = [] { nn::LayerRegistration({.name = "relu"}, [](const nn::LayerCall&) { return nn::ReLU(); }); };
  BOOST_TEST(message_of<ValueError>(again) == "[layer] the name 'relu' is taken");
  auto planless = [] {
    nn::LayerRegistration({.name = "test_hull", .branches = {1, 1}, .takes = nn::lang::Takes::Any},
                          [](const nn::LayerCall& c) { return c.build_branch(0, "body", c.input()); });
  };
  BOOST_TEST(message_of<ValueError>(planless) ==
             "[layer] 'test_hull' has chains and takes any elements: it needs a `plan`");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
