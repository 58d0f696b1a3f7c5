// Forward hooks: when they run, what they may change, and their removal.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct PairImpl : nn::Module {
  Tensor forward(const Tensor& a, int64_t times, Tensor b) { return a * times + b; }
};
WEFT_MODULE(Pair);

struct SplitImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(const Tensor& x) { return {x * 1, x * 2}; }
};
WEFT_MODULE(Split);

}  // namespace

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(run_around_every_call_of_a_layer) {
  nn::Linear fc(2, 3);
  nn::Sequential net(fc);
  std::string seen;
  fc->register_forward_pre_hook(
      [&](nn::Module& m, const TensorList& in) { seen += "pre " + m.path() + " " + to_string(in[0].sizes()) + "; "; });
  fc->register_forward_hook([&](nn::Module&, const TensorList& in, const Tensor& out) {
    seen += "post " + to_string(in[0].sizes()) + to_string(out.sizes()) + "; ";
  });
  const Tensor x = ones({1, 2});
  const std::string once = "pre Sequential.0 [1, 2]; post [1, 2][1, 3]; ";
  fc(x);
  BOOST_CHECK_EQUAL(seen, once);
  fc->forward(x);
  BOOST_CHECK_EQUAL(seen, once + once);
  net(x);
  BOOST_CHECK_EQUAL(seen, once + once + once);
}

BOOST_AUTO_TEST_CASE(may_replace_inputs_and_output) {
  nn::Identity id;
  auto pre = id->register_forward_pre_hook([](nn::Module&, TensorList& in) { in[0] = in[0] + 1; });
  auto post = id->register_forward_hook([](nn::Module&, const TensorList& in, Tensor& out) { out = out * 10 + in[0]; });
  BOOST_CHECK_EQUAL(id(tensor(2.0)).item<double>(), 33);
  pre.remove();
  BOOST_CHECK_EQUAL(id(tensor(2.0)).item<double>(), 22);
  post.remove();
  post.remove();
  BOOST_CHECK_EQUAL(id(tensor(2.0)).item<double>(), 2);
}

BOOST_AUTO_TEST_CASE(see_the_tensors_among_several_arguments) {
  Pair pair;
  pair->register_forward_pre_hook([](nn::Module&, TensorList& in) {
    BOOST_CHECK_EQUAL(in.size(), 2u);
    std::swap(in[0], in[1]);
  });
  BOOST_CHECK_EQUAL(pair(tensor(1.0), 10, tensor(2.0)).item<double>(), 21);
  // As in PyTorch, a direct call of forward runs no hooks.
  BOOST_CHECK_EQUAL(pair->forward(tensor(1.0), 10, tensor(2.0)).item<double>(), 12);
  nn::Sequential net(pair);
  BOOST_CHECK_EQUAL(net->forward(tensor(1.0), int64_t{10}, tensor(2.0)).item<double>(), 21);
}

BOOST_AUTO_TEST_CASE(see_no_output_that_is_no_tensor) {
  Split split;
  int calls = 0;
  split->register_forward_hook([&](nn::Module&, const TensorList&, Tensor& out) {
    BOOST_CHECK(!out.defined());
    ++calls;
  });
  auto [a, b] = split(tensor(3.0));
  BOOST_CHECK_EQUAL(b.item<double>() - a.item<double>(), 3);
  BOOST_CHECK_EQUAL(calls, 1);
}

BOOST_AUTO_TEST_CASE(may_remove_themselves_and_outlive_the_module) {
  nn::HookHandle handle;
  int calls = 0;
  {
    nn::Identity id;
    handle = id->register_forward_hook([&](nn::Module&, const TensorList&, Tensor&) {
      ++calls;
      handle.remove();
    });
    id(tensor(1.0)), id(tensor(1.0));
    handle = id->register_forward_hook([&](nn::Module&, const TensorList&, Tensor&) { ++calls; });
  }
  handle.remove();
  BOOST_CHECK_EQUAL(calls, 1);
}

BOOST_AUTO_TEST_CASE(must_leave_the_number_of_inputs) {
  nn::Identity id;
  id->register_forward_pre_hook([](nn::Module&, TensorList& in) { in.clear(); });
  BOOST_CHECK_THROW(id(tensor(1.0)), StateError);
}

BOOST_AUTO_TEST_CASE(run_in_order_of_registration) {
  nn::Identity id;
  for (int digit : {1, 2, 3})
    id->register_forward_hook([digit](nn::Module&, const TensorList&, Tensor& out) { out = out * 10 + digit; });
  BOOST_CHECK_EQUAL(id(tensor(0)).item<int64_t>(), 123);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
