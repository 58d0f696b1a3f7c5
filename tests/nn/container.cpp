// Sequential, ModuleList, Functional and AnyModule.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct AddImpl : nn::Module {
  Tensor forward(const Tensor& a, Tensor b) { return a + b; }
};
WEFT_MODULE(Add);
struct CountImpl : nn::Module {
  int64_t forward(const Tensor& x) { return x.numel(); }
};
WEFT_MODULE(Count);
struct RangeImpl : nn::Module {
  Tensor forward(int64_t n, double scale = 2) const { return arange(n) * scale; }
};
WEFT_MODULE(Range);
struct SplitImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(Tensor x) { return {x, x * 2}; }
};
WEFT_MODULE(Split);
struct JoinImpl : nn::Module {
  Tensor forward(const std::tuple<Tensor, Tensor>& pair) { return std::get<0>(pair) + std::get<1>(pair); }
};
WEFT_MODULE(Join);
struct OverloadedImpl : nn::Module {
  Tensor forward(const Tensor& x) { return x + 1; }
  Tensor forward(const Tensor& x, const Tensor& y) { return x * y; }
};
WEFT_MODULE(Overloaded);
struct GenericImpl : nn::Module {
  template <class T>
  T forward(const T& x) {
    return x - 1;
  }
};
WEFT_MODULE(Generic);
struct SilentImpl : nn::Module {
  void forward(Tensor& x) { x.add_(1); }
};
WEFT_MODULE(Silent);

Tensor twice(const Tensor& x) { return x * 2; }

}  // namespace

BOOST_AUTO_TEST_SUITE(container)

BOOST_AUTO_TEST_CASE(sequential_calls_its_modules_in_order) {
  manual_seed(0);
  nn::Linear a(3, 4), b(4, 2);
  nn::Sequential net(a, nn::ReLU(), b);
  const Tensor x = randn({5, 3});
  check_same(net(x), b(a(x).relu()));
  check_same(net->forward(x), net(x));
  BOOST_CHECK_EQUAL(net->size(), 3u);
  BOOST_CHECK((net->named_parameters().keys() == std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
}

BOOST_AUTO_TEST_CASE(sequential_is_made_of_anything) {
  nn::Sequential net(
      nn::Linear(2, 2), std::make_shared<nn::TanhImpl>(), nn::SigmoidImpl(), twice, weft::relu,
      [](const Tensor& t) { return t + 1; }, nn::AnyModule(nn::Identity()), nn::Sequential(nn::ReLU()));
  const Tensor x = randn({1, 2});
  check_same(net(x), net->at<nn::Linear>(0).forward(x).tanh().sigmoid() * 2 + 1);
  nn::Sequential one(nn::Linear(2, 2));
  BOOST_CHECK_EQUAL(one->size(), 1u);
  nn::Sequential shared = one;
  shared->push_back(nn::ReLU());
  BOOST_CHECK_EQUAL(one->size(), 2u);
  nn::Sequential braces{nn::Linear(2, 2), nn::ReLU()};
  BOOST_CHECK_EQUAL(braces->size(), 2u);
  nn::Sequential all;
  all->extend(*one);
  all->extend(std::vector<nn::AnyModule>{nn::AnyModule(nn::Tanh())});
  BOOST_CHECK_EQUAL(all->size(), 3u);
  BOOST_CHECK(all->ptr(0) == one->ptr(0));
}

BOOST_AUTO_TEST_CASE(sequential_takes_names) {
  nn::Sequential net({{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}, {"more", nn::Sequential(nn::Linear(3, 1))}});
  net->push_back("last", nn::Sigmoid());
  BOOST_CHECK((net->named_children().keys() == std::vector<std::string>{"fc", "act", "more", "last"}));
  BOOST_CHECK_EQUAL(net->named_parameters()[2].key(), "more.0.weight");
  BOOST_CHECK_THROW(net->push_back("fc", nn::ReLU()), ValueError);
  BOOST_CHECK_EQUAL(net->size(), 4u);
  OrderedDict<std::string, nn::AnyModule> dict;
  dict.insert("x", nn::AnyModule(nn::ReLU()));
  BOOST_CHECK_EQUAL(nn::Sequential(dict)->named_children()[0].key(), "x");
}

BOOST_AUTO_TEST_CASE(ordered_dict_has_no_items_beyond_its_own) {
  OrderedDict<std::string, int> dict;
  const auto message = [](auto&& call) { return message_of<IndexError>([&] { static_cast<void>(call()); }); };
  BOOST_CHECK_EQUAL(message([&] { return dict.front(); }), "[OrderedDict] front: it is empty");
  BOOST_CHECK_EQUAL(message([&] { return dict.back(); }), "[OrderedDict] back: it is empty");
  BOOST_CHECK_EQUAL(message([&] { return dict[0]; }), "[OrderedDict] []: it is empty");
  dict.insert("a", 1);
  dict.insert("b", 2);
  BOOST_CHECK_EQUAL(dict.front().value() * 10 + dict.back().value(), 12);
  BOOST_CHECK_EQUAL(message([&] { return dict[2]; }), "[OrderedDict] []: index 2 of 2 items");
  BOOST_CHECK_THROW(static_cast<void>(IntArrayRef().front()), IndexError);
  BOOST_CHECK_THROW(static_cast<void>(zeros({}).sizes().back()), IndexError);
}

BOOST_AUTO_TEST_CASE(sequential_passes_any_types) {
  const Tensor x = ones({2, 3}), y = full({2, 3}, 4.0);
  nn::Sequential mixed{Add(), Split(), Join(), Count(), Range()};
  check_same(mixed->forward(x, y), arange(6) * 2.0);
  nn::Sequential inner{Add(), Count()};
  BOOST_CHECK_EQUAL(inner->forward<int64_t>(x, y), 6);
  check_same(nn::Sequential(inner, Range())->forward(x, y), arange(6) * 2.0);
  auto [a, b] = nn::Sequential(Split())->forward<std::tuple<Tensor, Tensor>>(x);
  check_same(b, a * 2);
}

BOOST_AUTO_TEST_CASE(sequential_says_what_does_not_fit) {
  const Tensor x = ones({2, 3});
  const std::string wrong_type = message_of<ValueError>([&] { nn::Sequential(Count(), nn::ReLU())->forward(x); });
  BOOST_CHECK_MESSAGE(wrong_type.starts_with("[forward] Sequential.1: argument 0 is a long"), wrong_type);
  BOOST_CHECK_THROW(nn::Sequential(Add())->forward(x), ValueError);
  BOOST_CHECK_THROW(nn::Sequential(Count())->forward(x), ValueError);
  BOOST_CHECK_THROW(nn::Sequential()->forward(x), StateError);
  BOOST_CHECK_THROW(nn::Sequential(nn::ReLU())->ptr(1), IndexError);
  BOOST_CHECK_THROW(nn::Sequential(nn::ReLU())->at<nn::Linear>(0), ValueError);
}

BOOST_AUTO_TEST_CASE(sequential_gives_its_modules) {
  nn::Sequential net(nn::Linear(2, 3), nn::ReLU());
  BOOST_CHECK_EQUAL(net->at<nn::Linear>(0).options.out_features(), 3);
  BOOST_CHECK(net->ptr<nn::LinearImpl>(0) == net->ptr(0));
  BOOST_CHECK((*net)[1]->as<nn::ReLU>() != nullptr);
  size_t count = 0;
  for (const nn::AnyModule& m : *net) count += m.ptr()->is_training();
  BOOST_CHECK_EQUAL(count, 2u);
}

BOOST_AUTO_TEST_CASE(any_module_calls_every_kind_of_forward) {
  const Tensor x = full({2}, 3.0);
  const nn::AnyModule none;
  BOOST_CHECK_THROW((void)none.type_info(), StateError);
  BOOST_CHECK_THROW((void)none.ptr(), StateError);
  BOOST_CHECK_THROW((void)none.get<nn::ReLU>(), StateError);
  BOOST_CHECK_THROW((void)none.forward(x), StateError);
  BOOST_CHECK_EQUAL(nn::AnyModule(Count()).forward<int64_t>(x), 2);
  check_same(nn::AnyModule(Range()).forward(int64_t{3}, 0.5), arange(3) * 0.5);
  check_same(nn::AnyModule(Overloaded()).forward(x), x + 1);
  check_same(nn::AnyModule(Overloaded()).forward(x, x), x * x);
  check_same(nn::AnyModule(Generic()).forward(x), x - 1);
  Tensor changed = x.clone();
  nn::AnyModule(Silent()).forward<void>(changed);
  check_same(changed, x + 1);
  check_same(nn::AnyModule(nn::ConvTranspose2d(1, 1, 2)).forward(ones({1, 1, 1, 1})).detach() * 0, zeros({1, 1, 2, 2}));
  BOOST_CHECK(nn::AnyModule().is_empty());
  BOOST_CHECK_THROW(nn::AnyModule().forward(x), StateError);
  BOOST_CHECK_EQUAL(nn::AnyModule(nn::Linear(2, 5)).get<nn::Linear>().options.out_features(), 5);
  BOOST_CHECK(nn::AnyModule(Count()).type_info() == typeid(CountImpl));
}

BOOST_AUTO_TEST_CASE(any_module_needs_an_owner) {
  nn::LinearImpl part(2, 2);
  const std::shared_ptr<nn::LinearImpl> alias(std::shared_ptr<void>(), &part);
  BOOST_CHECK_THROW(nn::AnyModule{alias}, StateError);
  BOOST_TEST(nn::AnyModule(std::shared_ptr<nn::LinearImpl>()).is_empty());
}

BOOST_AUTO_TEST_CASE(module_lists_register_without_forward) {
  nn::ModuleList list(nn::Linear(2, 3), nn::ReLU());
  list->push_back(std::make_shared<nn::LinearImpl>(3, 1));
  list->insert(1, nn::Tanh());
  BOOST_CHECK_EQUAL(list->size(), 4u);
  BOOST_CHECK((list->named_children().keys() == std::vector<std::string>{"0", "1", "2", "3"}));
  BOOST_CHECK(list->ptr(1)->as<nn::Tanh>() && list->ptr(2)->as<nn::ReLU>());
  BOOST_CHECK(list->named_children()["3"] == list->ptr(3));
  BOOST_CHECK_EQUAL(list->at<nn::Linear>(3).options.in_features(), 3);
  BOOST_CHECK_EQUAL(list->at<nn::Linear>(3).path(), "ModuleList.3");
  BOOST_CHECK_EQUAL(list->parameters().size(), 4u);
  int64_t layers = 0;
  for (const auto& m : *list) layers += m->as<nn::Linear>() ? 1 : 0;
  BOOST_CHECK_EQUAL(layers, 2);
  list->extend(std::vector<std::shared_ptr<nn::Module>>{nn::ReLU().ptr()});
  BOOST_CHECK_EQUAL(list->size(), 5u);
  BOOST_CHECK_THROW(list->insert(9, nn::ReLU()), IndexError);
  BOOST_CHECK_THROW(list->ptr(5), IndexError);
  BOOST_CHECK_THROW(list->at<nn::Linear>(1), ValueError);
}

BOOST_AUTO_TEST_CASE(functional_binds_arguments) {
  const Tensor x = randn({2, 3});
  check_same(nn::Functional(weft::softmax, 1)(x), x.softmax(1));
  check_same(nn::Functional(twice)(x), x * 2);
  check_same(nn::Functional(weft::elu, 0.5)(x), weft::elu(x, 0.5));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
