// The tape: backward, grad, hooks, freeing, anomaly mode, custom functions.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "weft/weft.h"

using namespace weft;
using autograd::grad;

namespace {

bool close(const Tensor& a, const Tensor& b) { return a.allclose(b, 1e-6, 1e-9); }

template <class E, class F>
void check_throws(F f, const std::string& part) {
  BOOST_CHECK_EXCEPTION(f(), E, [&](const E& e) {
    bool found = std::string(e.what()).find(part) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE("message: " << e.what());
    return found;
  });
}

Tensor leaf(std::initializer_list<NestedList> v) { return tensor(v, TensorOptions(kFloat64).requires_grad(true)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(engine)

BOOST_AUTO_TEST_CASE(adds_up_over_paths_and_calls) {
  Tensor x = leaf({1.0, 2.0});
  Tensor y = x * x + x * 3;
  y.sum().backward();
  BOOST_TEST(close(x.grad(), tensor({5.0, 7.0}, kFloat64)));
  (x * 2).sum().backward();
  BOOST_TEST(close(x.grad(), tensor({7.0, 9.0}, kFloat64)));
  x.mutable_grad() = Tensor();
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_CASE(a_view_of_a_changed_base_is_read_after_all_who_use_it) {
  // The view's node is recreated while `cat` records; it must still be the older of the two.
  Tensor a = leaf({1.0, 2.0, 3.0});
  Tensor b = a * 1, v = b.narrow(0, 0, 2);
  b.mul_(2);
  Tensor joined = cat({v, v}), tripled = v * 3;
  (joined.sum() + tripled.sum()).backward();
  BOOST_TEST(close(a.grad(), tensor({10.0, 10.0, 0.0}, kFloat64)));
}

BOOST_AUTO_TEST_CASE(gradient_shared_by_two_leaves_is_not_shared_after) {
  Tensor a = leaf({1.0, 2.0}), b = leaf({3.0, 4.0});
  (a + b).backward(ones({2}, kFloat64));
  {
    NoGradGuard off;
    a.mutable_grad().zero_();
  }
  BOOST_TEST(close(b.grad(), ones({2}, kFloat64)));
}

BOOST_AUTO_TEST_CASE(accumulation_leaves_a_held_gradient_alone) {
  Tensor x = leaf({1.0});
  (x * 2).sum().backward();
  Tensor held = x.grad();
  (x * 2).sum().backward();
  BOOST_TEST(held.item<double>() == 2);
  BOOST_TEST(x.grad().item<double>() == 4);
}

BOOST_AUTO_TEST_CASE(graph_is_freed_unless_kept) {
  Tensor x = leaf({2.0});
  Tensor y = (x * x).sum();
  y.backward({}, true);
  y.backward();
  BOOST_TEST(x.grad().item<double>() == 8);
  check_throws<StateError>([&] { y.backward(); }, "was freed");
}

BOOST_AUTO_TEST_CASE(what_cannot_start_backward) {
  check_throws<StateError>([] { ones({}).backward(); }, "does not require a gradient");
  Tensor x = leaf({1.0, 2.0});
  check_throws<StateError>([&] { (x * 2).backward(); }, "only one element");
  check_throws<ShapeError>([&] { (x * 2).backward(ones({3}, kFloat64)); }, "[3]");
  check_throws<DtypeError>([] { ones({2}, kInt64).requires_grad_(); }, "int64");
}

BOOST_AUTO_TEST_CASE(grad_returns_and_touches_nothing) {
  Tensor x = leaf({1.0, 2.0}), w = leaf({3.0, 4.0}), unused = leaf({1.0});
  Tensor y = (x * w).sum();
  auto g = grad({y}, {w}, {}, true);
  BOOST_TEST(close(g[0], x.detach()));
  BOOST_TEST(!x.grad().defined());
  BOOST_TEST(!w.grad().defined());
  check_throws<StateError>([&] { grad({y}, {unused}, {}, true); }, "not part of the graph");
  BOOST_TEST(!grad({y}, {unused}, {}, true, false, true)[0].defined());
  // The gradient of an inner tensor.
  Tensor h = x * 2, z = (h * h).sum();
  BOOST_TEST(close(grad({z}, {h})[0], 2 * h.detach()));
}

BOOST_AUTO_TEST_CASE(backward_limited_to_inputs) {
  Tensor x = leaf({1.0}), w = leaf({3.0});
  (x * w).sum().backward({}, {}, false, {w});
  BOOST_TEST(!x.grad().defined());
  BOOST_TEST(w.grad().item<double>() == 1);
  const Tensor y = (x * w).sum();
  check_throws<ValueError>([&] { y.backward({}, {}, false, TensorList{}); }, "inputs is empty");
  check_throws<ValueError>([&] { autograd::backward({y}, {}, {}, false, TensorList{}); }, "inputs is empty");
  check_throws<ValueError>([&] { grad({y}, {}); }, "inputs is empty");
}

BOOST_AUTO_TEST_CASE(dtype_of_a_given_gradient) {
  const Tensor x = leaf({1.0, 2.0});
  for (const Dtype dtype : {kBool, kUInt8, kInt32, kInt64}) {
    check_throws<DtypeError>([&] { (x * 2).backward(ones({2}, dtype)); }, "must be floating point");
    check_throws<DtypeError>([&] { grad({x * 2}, {x}, {ones({2}, dtype)}); }, "must be floating point");
  }
  (x * 2).backward(ones({2}, kFloat32));
  BOOST_TEST(x.grad().dtype() == kFloat64);
  const Tensor direct = leaf({1.0, 2.0});
  direct.backward(ones({2}, kFloat32));
  BOOST_TEST(direct.grad().dtype() == kFloat64);
}

BOOST_AUTO_TEST_CASE(second_and_third_derivatives) {
  Tensor x = leaf({2.0});
  Tensor y = x.pow(4).sum();
  Tensor g1 = grad({y}, {x}, {}, true, true)[0];
  Tensor g2 = grad({g1.sum()}, {x}, {}, true, true)[0];
  Tensor g3 = grad({g2.sum()}, {x})[0];
  BOOST_TEST(g1.item<double>() == 32);
  BOOST_TEST(g2.item<double>() == 48);
  BOOST_TEST(g3.item<double>() == 48);
}

BOOST_AUTO_TEST_CASE(hooks_see_and_replace) {
  Tensor x = leaf({1.0, 2.0});
  Tensor y = x * 3;
  int seen = 0;
  unsigned number = y.register_hook([&](const Tensor& g) -> Tensor { return ++seen, g * 10; });
  x.register_hook([&](const Tensor&) { ++seen; });
  check_throws<IndexError>([&] { y.remove_hook(number + 1000); }, "no hook");
  check_throws<IndexError>([&] { x.remove_hook(number); }, "no hook");
  y.sum().backward({}, true);
  BOOST_TEST(seen == 2);
  BOOST_TEST(close(x.grad(), tensor({30.0, 30.0}, kFloat64)));
  y.remove_hook(number);
  check_throws<IndexError>([&] { y.remove_hook(number); }, "no hook");
  x.mutable_grad() = Tensor();
  y.sum().backward();
  BOOST_TEST(close(x.grad(), tensor({3.0, 3.0}, kFloat64)));
}

BOOST_AUTO_TEST_CASE(retain_grad_on_inner_tensors) {
  Tensor x = leaf({1.0, 2.0});
  Tensor y = x * x;
  y.retain_grad();
  BOOST_TEST(y.retains_grad());
  (y * 2).sum().backward();
  BOOST_TEST(close(y.grad(), tensor({2.0, 2.0}, kFloat64)));
  // A retaining tensor may die before the graph does.
  Tensor z;
  {
    Tensor inner = x * 2;
    inner.retain_grad();
    z = inner.sum();
  }
  z.backward();
}

BOOST_AUTO_TEST_CASE(grad_mode) {
  Tensor x = leaf({1.0});
  {
    NoGradGuard off;
    BOOST_TEST(!(x * 2).requires_grad());
    AutoGradMode on(true);
    BOOST_TEST((x * 2).requires_grad());
  }
  BOOST_TEST((x * 2).requires_grad());
  BOOST_TEST(!(x * 2).detach().requires_grad());
  BOOST_TEST(x.is_leaf());
  BOOST_TEST(!(x * 2).is_leaf());
  BOOST_TEST((x * 2).grad_fn()->name() == "mul");
}

BOOST_AUTO_TEST_CASE(a_million_nodes_need_no_stack) {
  Tensor x = leaf({1.0});
  Tensor y = x;
  for (int i = 0; i < 1000000; ++i) y = y + 1;
  y.sum().backward();
  BOOST_TEST(x.grad().item<double>() == 1);
  y = x;
  for (int i = 0; i < 1000000; ++i) y = y.exp();
  y = Tensor();  // dropped without backward
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  int64_t before = TensorImpl::live();
  {
    Tensor x = leaf({{0.3, 0.2}, {0.1, 0.4}});
    Tensor y = (x.exp() * x.tanh() + x.sigmoid().matmul(x)).softmax(1).sum();
    Tensor g = grad({y}, {x}, {}, true, true)[0];
  }
  BOOST_TEST(TensorImpl::live() == before);
}

BOOST_AUTO_TEST_CASE(saved_values_are_freed_by_backward) {
  Tensor x = leaf({1.0, 2.0});
  int64_t before = TensorImpl::live();
  Tensor y = x.exp().exp().exp();
  Tensor loss = y.sum();
  y = Tensor();
  loss.backward();
  loss = Tensor();
  x.mutable_grad() = Tensor();
  BOOST_TEST(TensorImpl::live() == before);
}

BOOST_AUTO_TEST_CASE(anomaly_mode_names_op_and_place) {
  autograd::DetectAnomalyGuard guard;
  Tensor x = leaf({0.0});
  Tensor y = (x.sqrt() * 0).sum();  // 0 * infinity
  check_throws<StateError>([&] { y.backward(); }, "[sqrt]");
}

struct Cube : autograd::Function<Cube> {
  static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x, double scale) {
    ctx->save_for_backward({x});
    ctx->saved_data["scale"] = scale;
    return x * x * x * scale;
  }
  static TensorList backward(autograd::AutogradContext* ctx, TensorList g) {
    Tensor x = ctx->get_saved_variables()[0];
    return {g[0] * 3 * x * x * ctx->saved_data["scale"].toDouble(), Tensor()};
  }
};

struct ExpAndDouble : autograd::Function<ExpAndDouble> {
  static TensorList forward(autograd::AutogradContext* ctx, const Tensor& x) {
    Tensor y = x.exp();
    ctx->save_for_backward({y});
    return {y, x * 2};
  }
  static TensorList backward(autograd::AutogradContext* ctx, TensorList g) {
    return {g[0] * ctx->get_saved_variables()[0] + g[1] * 2};
  }
};

BOOST_AUTO_TEST_CASE(saved_data) {
  std::map<std::string, autograd::SavedValue> data;
  data["double"] = 2.5;
  data["float"] = 1.5f;
  data["int"] = 3;
  data["size"] = size_t{4};
  data["bool"] = true;
  data["text"] = "abc";
  data["tensor"] = ones({2});
  data["sizes"] = zeros({2, 3}).sizes();
  data["list"] = std::vector<double>{1, 2};
  data["tensors"] = TensorList{ones({1})};
  data["scalar"] = Scalar(7);
  data["copy"] = data["int"];
  data["other"] = std::pair(1, 2);
  BOOST_TEST(data["double"].toDouble() == 2.5);
  BOOST_TEST(data["float"].toDouble() == 1.5);
  BOOST_TEST(data["int"].toInt() == 3);
  BOOST_TEST(data["copy"].toInt() == 3);
  BOOST_TEST(data["size"].toInt() == 4);
  BOOST_TEST(data["bool"].toBool());
  BOOST_TEST(data["text"].toStringRef() == "abc");
  BOOST_TEST(data["tensor"].toTensor().sum().item<float>() == 2);
  BOOST_TEST((data["sizes"].toIntVector() == std::vector<int64_t>{2, 3}));
  BOOST_TEST(data["list"].toDoubleVector().size() == 2);
  BOOST_TEST(data["tensors"].toTensorVector().size() == 1);
  BOOST_TEST(data["scalar"].toScalar().to<int>() == 7);
  BOOST_TEST(data["double"].toScalar().to_double() == 2.5);
  BOOST_TEST(std::any_cast<double>(data["double"]) == 2.5);
  BOOST_TEST((std::any_cast<std::pair<int, int>>(data["other"]).second == 2));
  BOOST_TEST(data["absent"].isNone());
  BOOST_TEST(data["text"].isString());
  BOOST_TEST(!data["bool"].isInt());
  check_throws<DtypeError>([&] { data["int"].toDouble(); }, "[saved_data] toDouble of an integer");
  check_throws<DtypeError>([&] { data["double"].toInt(); }, "toInt of a floating-point number");
  check_throws<DtypeError>([&] { data["absent"].toTensor(); }, "a name without a value");
  check_throws<DtypeError>([&] { data["other"].toBool(); }, "any_cast");
}

BOOST_AUTO_TEST_CASE(custom_functions) {
  Tensor x = leaf({0.5, -1.5});
  BOOST_TEST(autograd::gradcheck([](const TensorList& v) { return Cube::apply(v[0], 2.0); }, {x}));
  BOOST_TEST(autograd::gradgradcheck([](const TensorList& v) { return Cube::apply(v[0], 2.0); }, {x}));
  auto both = [](const TensorList& v) { return ExpAndDouble::apply(v[0]); };
  BOOST_TEST(autograd::gradcheck(autograd::DifferentiableFn(both), {x}));
  BOOST_TEST(autograd::gradgradcheck(autograd::DifferentiableFn(both), {x}));
  int64_t before = TensorImpl::live();
  { auto dropped = ExpAndDouble::apply(x); }
  BOOST_TEST(TensorImpl::live() == before);
}

BOOST_AUTO_TEST_CASE(gradcheck_finds_a_wrong_gradient) {
  struct Wrong : autograd::Function<Wrong> {
    static Tensor forward(autograd::AutogradContext*, const Tensor& x) { return x * x; }
    static TensorList backward(autograd::AutogradContext*, TensorList g) { return {g[0]}; }
  };
  Tensor x = leaf({0.7});
  BOOST_CHECK_THROW(autograd::gradcheck([](const TensorList& v) { return Wrong::apply(v[0]); }, {x}), Error);
}

BOOST_AUTO_TEST_CASE(threads_share_leaves) {
  Tensor x = leaf({1.0, 2.0});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) (x * x).sum().backward();
    });
  for (auto& t : threads) t.join();
  BOOST_TEST(close(x.grad(), tensor({400.0, 800.0}, kFloat64)));
}

BOOST_AUTO_TEST_SUITE_END()
