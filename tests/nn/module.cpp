// Module: registration, order, names, state.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct BlockImpl : nn::Module {
  BlockImpl() {
    fc = register_module("fc", nn::Linear(4, 4));
    norm = register_module("norm", nn::BatchNorm1d(4));
  }
  Tensor forward(const Tensor& x) { return norm(fc(x)).relu(); }
  nn::Linear fc{nullptr};
  nn::BatchNorm1d norm{nullptr};
};
WEFT_MODULE(Block);

struct Net : nn::Module {
  Net() : block(), head(nn::LinearOptions(4, 2).bias(false)) {
    register_module("block", block);
    scale = register_parameter("scale", ones({2}));
    register_module("head", head);
    seen = register_buffer("seen", zeros({1}, kInt64));
  }
  Tensor forward(const Tensor& x) { return head(block(x)) * scale; }
  Block block;
  nn::Linear head;
  Tensor scale, seen;
};

using Names = std::vector<std::string>;
template <class Dict>
void check_keys(const Dict& dict, const Names& want) {
  const Names got = dict.keys();
  BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), want.begin(), want.end());
}

/// The structure of libtorch's MNIST example.
struct MnistNet : nn::Module {
  MnistNet() : conv1(nn::Conv2dOptions(1, 10, 5)), conv2(nn::Conv2dOptions(10, 20, 5)), fc1(320, 50), fc2(50, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv2_drop", conv2_drop);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }
  Tensor forward(Tensor x) {
    x = relu(max_pool2d(conv1->forward(x), 2));
    x = relu(max_pool2d(conv2_drop->forward(conv2->forward(x)), 2));
    x = x.view({-1, 320});
    x = relu(fc1->forward(x));
    x = dropout(x, 0.5, is_training());
    x = fc2->forward(x);
    return log_softmax(x, 1);
  }
  nn::Conv2d conv1, conv2;
  nn::FeatureDropout conv2_drop;
  nn::Linear fc1, fc2;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(module)

BOOST_AUTO_TEST_CASE(names_come_in_order_of_declaration) {
  Net net;
  check_keys(net.named_parameters(),
             {"scale", "block.fc.weight", "block.fc.bias", "block.norm.weight", "block.norm.bias", "head.weight"});
  check_keys(net.named_parameters(false), {"scale"});
  check_keys(net.named_buffers(),
             {"seen", "block.norm.running_mean", "block.norm.running_var", "block.norm.num_batches_tracked"});
  check_keys(net.named_children(), {"block", "head"});
  check_keys(net.named_modules("", false), {"block", "block.fc", "block.norm", "head"});
  BOOST_CHECK_EQUAL(net.parameters().size(), 6u);
  BOOST_CHECK_EQUAL(net.buffers().size(), 4u);
  BOOST_CHECK_EQUAL(net.children().size(), 2u);
  BOOST_CHECK_EQUAL(net.num_parameters(), 2 + 16 + 4 + 4 + 4 + 8);
  net.head->weight.set_requires_grad(false);
  BOOST_CHECK_EQUAL(net.num_parameters(true), 2 + 16 + 4 + 4 + 4);
}

BOOST_AUTO_TEST_CASE(items_read_as_pairs_and_by_accessors) {
  Net net;
  int64_t count = 0;
  for (const auto& [name, parameter] : net.named_parameters()) count += name.empty() ? 0 : parameter.numel();
  BOOST_CHECK_EQUAL(count, net.num_parameters());
  auto parameters = net.named_parameters();
  BOOST_CHECK(parameters["head.weight"].is_same(net.head->weight));
  BOOST_CHECK_EQUAL(parameters[0].key(), "scale");
  BOOST_CHECK_EQUAL(parameters.front()->numel(), 2);
  BOOST_CHECK(parameters.find("nothing") == nullptr);
  BOOST_CHECK_THROW(parameters["nothing"], IndexError);
  BOOST_CHECK_THROW(parameters.insert("scale", ones({1})), ValueError);
}

BOOST_AUTO_TEST_CASE(modules_with_self_need_shared_ownership) {
  auto net = std::make_shared<Net>();
  check_keys(net->named_modules("net"), {"net", "net.block", "net.block.fc", "net.block.norm", "net.head"});
  BOOST_CHECK(net->modules().front() == net);
  Net on_stack;
  BOOST_CHECK_EQUAL(on_stack.modules(false).size(), 4u);
  BOOST_CHECK_THROW(on_stack.modules(), StateError);
}

BOOST_AUTO_TEST_CASE(what_is_shared_is_listed_once) {
  nn::Linear shared(3, 3);
  auto net = std::make_shared<nn::Module>("Shares");
  net->register_module("a", shared);
  net->register_module("b", shared);
  net->register_parameter("tied", shared->weight);
  check_keys(net->named_parameters(), {"tied", "a.bias"});
  check_keys(net->named_modules("", false), {"a"});
}

BOOST_AUTO_TEST_CASE(bad_names_are_refused) {
  nn::Module m("Holder");
  m.register_parameter("w", ones({1}));
  m.register_buffer("b", ones({1}));
  m.register_module("c", nn::Linear(1, 1));
  for (const char* name : {"", "a.b", "w", "b", "c"}) {
    BOOST_CHECK_THROW(m.register_parameter(name, ones({1})), ValueError);
    BOOST_CHECK_THROW(m.register_buffer(name, ones({1})), ValueError);
    BOOST_CHECK_THROW(m.register_module(name, nn::Linear(1, 1)), ValueError);
  }
  BOOST_CHECK_EQUAL(message_of<ValueError>([&] { m.register_buffer("w", ones({1})); }),
                    "[register_buffer] Holder: 'w' is defined already");
  BOOST_CHECK_EQUAL(m.parameters().size(), 2u + 1u);
}

BOOST_AUTO_TEST_CASE(empty_modules_and_cycles_are_refused) {
  auto a = std::make_shared<nn::Module>("A"), b = std::make_shared<nn::Module>("B");
  BOOST_CHECK_THROW(a->register_module("none", nn::Linear(nullptr)), ValueError);
  a->register_module("b", b);
  BOOST_CHECK_THROW(b->register_module("a", a), ValueError);
  BOOST_CHECK_THROW(a->register_module("self", a), ValueError);
  BOOST_CHECK(b->children().empty());
}

BOOST_AUTO_TEST_CASE(children_are_replaced_in_their_place) {
  Net net;
  nn::Linear other(4, 7);
  net.replace_module("block", other);
  check_keys(net.named_children(), {"block", "head"});
  BOOST_CHECK(net.named_children()["block"] == other.ptr());
  net.unregister_module("block");
  check_keys(net.named_parameters(), {"scale", "head.weight"});
  BOOST_CHECK_THROW(net.unregister_module("block"), ValueError);
  BOOST_CHECK_THROW(net.replace_module("block", other), ValueError);
}

BOOST_AUTO_TEST_CASE(undefined_parameters_are_registered_but_not_listed) {
  nn::Linear fc(nn::LinearOptions(2, 3).bias(false));
  check_keys(fc->named_parameters(), {"weight"});
  BOOST_CHECK(!fc->bias.defined());
  BOOST_CHECK_THROW(fc->register_parameter("bias", ones({3})), ValueError);
}

BOOST_AUTO_TEST_CASE(registered_parameters_require_gradients_buffers_do_not) {
  Net net;
  for (const Tensor& p : net.parameters()) BOOST_CHECK(p.requires_grad() && p.is_leaf());
  for (const Tensor& b : net.buffers()) BOOST_CHECK(!b.requires_grad());
  nn::Module m;
  BOOST_CHECK(!m.register_parameter("frozen", ones({1}), false).requires_grad());
}

BOOST_AUTO_TEST_CASE(train_and_eval_reach_all_modules) {
  auto net = std::make_shared<Net>();
  auto all = [&](bool on) {
    for (const auto& m : net->modules()) BOOST_CHECK_EQUAL(m->is_training(), on);
  };
  all(true);
  net->eval();
  all(false);
  net->train();
  all(true);
  net->block->train(false);
  BOOST_CHECK(net->is_training() && !net->block->norm->is_training() && net->head->is_training());
}

BOOST_AUTO_TEST_CASE(apply_visits_parents_first) {
  Net net;
  Names names;
  net.apply([&](const std::string& name, nn::Module&) { names.push_back(name); }, "net");
  BOOST_CHECK((names == Names{"net", "net.block", "net.block.fc", "net.block.norm", "net.head"}));
  int linears = 0;
  net.apply([&](nn::Module& m) {
    if (auto* fc = m.as<nn::Linear>()) {
      ++linears;
      nn::init::constant_(fc->weight, 2);
    }
  });
  BOOST_CHECK_EQUAL(linears, 2);
  BOOST_CHECK(net.head->weight.equal(full({2, 4}, 2.0)));
  const Net& view = net;
  int modules = 0;
  view.apply([&](const nn::Module& m) { modules += m.as<nn::LinearImpl>() != nullptr; });
  BOOST_CHECK_EQUAL(modules, 2);
}

BOOST_AUTO_TEST_CASE(to_converts_in_place) {
  Net net;
  const Tensor before = net.head->weight.detach().clone();
  net.forward(randn({3, 4})).sum().backward();
  net.to(kFloat64);
  for (const Tensor& p : net.parameters()) {
    BOOST_CHECK(p.dtype() == kFloat64 && p.requires_grad() && p.is_leaf());
    BOOST_CHECK(p.grad().dtype() == kFloat64);
  }
  BOOST_CHECK(net.block->norm->running_mean.dtype() == kFloat64);
  BOOST_CHECK(net.seen.dtype() == kInt64);
  check_same(net.head->weight.detach(), before.to(kFloat64));
  BOOST_CHECK(net.forward(randn({3, 4}, kFloat64)).dtype() == kFloat64);
  net.to(kCPU);
  net.to(Device(kCPU), kFloat32);
  BOOST_CHECK(net.scale.dtype() == kFloat32);
  BOOST_CHECK_THROW(net.to(kInt64), DtypeError);
}

BOOST_AUTO_TEST_CASE(zero_grad_frees_or_zeroes) {
  Net net;
  net.forward(randn({3, 4})).sum().backward();
  BOOST_CHECK(net.head->weight.grad().abs().sum().item<float>() > 0);
  net.zero_grad(false);
  for (const Tensor& p : net.parameters()) BOOST_CHECK(p.grad().equal(zeros_like(p)));
  net.zero_grad();
  for (const Tensor& p : net.parameters()) BOOST_CHECK(!p.grad().defined());
}

BOOST_AUTO_TEST_CASE(holders_share_and_may_be_empty) {
  nn::Linear a(2, 3), b = a, none(nullptr);
  BOOST_CHECK(a.get() == b.get() && a.ptr() == b.ptr());
  BOOST_CHECK(none.is_empty() && !none && a);
  BOOST_CHECK_THROW(none->forward(ones({1, 2})), StateError);
  BOOST_CHECK_THROW(none.ptr(), StateError);
  none = b;
  BOOST_CHECK(&*none == &*a);
  nn::Linear from_pointer(std::make_shared<nn::LinearImpl>(2, 3));
  BOOST_CHECK_EQUAL(from_pointer->options.out_features(), 3);
}

BOOST_AUTO_TEST_CASE(a_copied_module_keeps_its_children_when_the_original_goes) {
  auto original = std::make_unique<Net>();
  Net copy = *original;
  original.reset();
  BOOST_CHECK_EQUAL(copy.head->path(), "Linear");
  copy.replace_module("head", copy.head);
  BOOST_CHECK_EQUAL(copy.head->path(), "Net.head");
  BOOST_CHECK_EQUAL(copy.forward(randn({2, 4})).size(1), 2);
}

BOOST_AUTO_TEST_CASE(the_mnist_example_trains) {
  manual_seed(1);
  MnistNet net;
  net.to(kCPU);
  const Tensor images = randn({8, 1, 28, 28}), targets = randint(10, {8});
  TensorList velocity;
  for (const Tensor& p : net.parameters()) velocity.push_back(zeros_like(p.detach()));
  double first = 0, last = 0;
  for (int step = 0; step < 12; ++step) {
    net.zero_grad();
    const Tensor output = net.forward(images);
    BOOST_REQUIRE_EQUAL(to_string(output.sizes()), "[8, 10]");
    const Tensor loss = nll_loss(output, targets);
    loss.backward();
    NoGradGuard no_grad;
    TensorList parameters = net.parameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      velocity[i] = velocity[i] * 0.5 + parameters[i].grad();
      parameters[i].sub_(velocity[i], 0.05);
    }
    if (step == 0) first = loss.item<double>();
  }
  net.eval();
  last = nll_loss(net.forward(images), targets, {}, Reduction::Sum).item<double>() / 8;
  BOOST_CHECK_LT(last, 0.8 * first);
  check_same(net.forward(images), net.forward(images));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
