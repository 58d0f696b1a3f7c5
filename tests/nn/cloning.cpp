// clone: deep, independent, with the same state.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct NetImpl : nn::Cloneable<NetImpl> {
  explicit NetImpl(int64_t width) : width(width) { reset(); }
  void reset() override {
    fc = register_module("fc", nn::Linear(3, width));
    body = register_module("body", nn::Sequential(nn::BatchNorm1d(width), nn::ReLU(), nn::Linear(width, 2)));
    scale = register_parameter("scale", ones({2}));
    seen = register_buffer("seen", zeros({1}));
  }
  Tensor forward(const Tensor& x) { return body(fc(x)) * scale; }
  int64_t width;
  nn::Linear fc{nullptr};
  nn::Sequential body{nullptr};
  Tensor scale, seen;
};
WEFT_MODULE(Net);

struct PlainImpl : nn::Module {
  Tensor forward(const Tensor& x) { return x; }
};
struct SharesTensorImpl : nn::Cloneable<SharesTensorImpl> {
  explicit SharesTensorImpl(const Tensor& t) : t(t) { reset(); }
  void reset() override { register_buffer("t", t); }
  Tensor t;
};
struct SharesModuleImpl : nn::Cloneable<SharesModuleImpl> {
  SharesModuleImpl() { reset(); }
  void reset() override { register_module("fc", fc); }
  nn::Linear fc{2, 2};
};
struct RegistersLateImpl : nn::Cloneable<RegistersLateImpl> {
  RegistersLateImpl() { register_parameter("w", ones({1})); }
  void reset() override {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cloning)

BOOST_AUTO_TEST_CASE(has_equal_tensors_of_its_own) {
  Net net(4);
  nn::init::normal_(net->scale);
  net->fc->weight.set_requires_grad(false);
  auto copy = std::dynamic_pointer_cast<NetImpl>(net->clone());
  BOOST_REQUIRE(copy);
  const auto mine = net->named_parameters(), theirs = copy->named_parameters();
  BOOST_CHECK(mine.keys() == theirs.keys());
  for (const auto& [name, p] : mine) {
    BOOST_CHECK(p.equal(theirs[name]) && !p.is_alias_of(theirs[name]));
    BOOST_CHECK_EQUAL(p.requires_grad(), theirs[name].requires_grad());
  }
  for (const auto& [name, b] : net->named_buffers()) BOOST_CHECK(!b.is_alias_of(copy->named_buffers()[name]));
  // The members are the registered tensors and modules, and the copy's children belong to the copy.
  BOOST_CHECK(copy->scale.is_same(theirs["scale"]) && copy->fc->weight.is_same(theirs["fc.weight"]));
  BOOST_CHECK_EQUAL(copy->fc->path(), "Net.fc");
  BOOST_CHECK_EQUAL(copy->body->ptr(2)->path(), "Net.body.2");
}

BOOST_AUTO_TEST_CASE(is_independent) {
  Net net(4);
  const Tensor x = randn({5, 3});
  net->eval();
  const Tensor before = net->forward(x);
  auto copy = std::dynamic_pointer_cast<NetImpl>(net->clone());
  check_same(copy->forward(x), before);
  BOOST_CHECK(!copy->is_training() && !copy->body->ptr(0)->is_training());
  {
    NoGradGuard no_grad;
    for (Tensor& p : copy->parameters()) p.add_(1);
  }
  copy->train();
  copy->forward(x);
  copy->to(kFloat64);
  check_same(net->forward(x), before);
  BOOST_CHECK(!net->is_training());
}

BOOST_AUTO_TEST_CASE(keeps_the_dtype) {
  Net net(4);
  net->to(kFloat64);
  for (const Tensor& p : net->clone()->parameters()) BOOST_CHECK(p.dtype() == kFloat64);
}

BOOST_AUTO_TEST_CASE(copies_layers_with_their_options) {
  nn::Conv2d conv(nn::Conv2dOptions(2, 4, 3).groups(2).bias(false).padding(1));
  auto copy = std::dynamic_pointer_cast<nn::Conv2dImpl>(conv->clone());
  const Tensor x = randn({1, 2, 4, 4});
  check_same(copy->forward(x), conv(x));
  nn::CrossEntropyLoss loss(nn::CrossEntropyLossOptions().weight(tensor({1.0, 2.0})));
  auto other = std::dynamic_pointer_cast<nn::CrossEntropyLossImpl>(loss->clone());
  BOOST_CHECK(!other->options.weight().is_alias_of(loss->options.weight()));
  BOOST_CHECK(other->buffers()[0].is_same(other->options.weight()));
}

BOOST_AUTO_TEST_CASE(copies_containers) {
  nn::Sequential seq({{"in", nn::Linear(2, 3)}, {"act", nn::Functional(weft::relu)}});
  auto copy = std::dynamic_pointer_cast<nn::SequentialImpl>(seq->clone());
  BOOST_CHECK(copy->named_children().keys() == seq->named_children().keys());
  const Tensor x = randn({4, 2});
  check_same(copy->forward(x), seq(x));
  BOOST_CHECK(!copy->at<nn::Linear>(0).weight.is_alias_of(seq->at<nn::Linear>(0).weight));
  nn::ModuleList list(nn::Linear(2, 3), nn::ReLU());
  list->eval();
  auto list_copy = std::dynamic_pointer_cast<nn::ModuleListImpl>(list->clone());
  BOOST_CHECK_EQUAL(list_copy->size(), 2u);
  BOOST_CHECK(!list_copy->is_training() && list_copy->ptr(0) != list->ptr(0));
}

BOOST_AUTO_TEST_CASE(copies_hooks) {
  nn::Linear fc(2, 2);
  int calls = 0;
  auto handle = fc->register_forward_hook([&](nn::Module&, const TensorList&, Tensor&) { ++calls; });
  auto copy = std::dynamic_pointer_cast<nn::LinearImpl>(fc->clone());
  handle.remove();
  copy->forward(ones({1, 2}));
  fc(ones({1, 2}));
  BOOST_CHECK_EQUAL(calls, 1);
}

BOOST_AUTO_TEST_CASE(refuses_what_it_cannot_copy) {
  BOOST_CHECK_THROW(PlainImpl().clone(), StateError);
  nn::Sequential with_plain(std::make_shared<PlainImpl>());
  BOOST_CHECK_THROW(with_plain->clone(), StateError);
  BOOST_CHECK_THROW(std::make_shared<SharesTensorImpl>(ones({1}))->clone(), StateError);
  BOOST_CHECK_THROW(std::make_shared<SharesModuleImpl>()->clone(), StateError);
  BOOST_CHECK_THROW(std::make_shared<RegistersLateImpl>()->clone(), StateError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
