// A backward inside a backward, at any depth.
#include <pthread.h>

#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;
using autograd::AutogradContext;

namespace {

// Its backward builds and differentiates the function of the next depth.
struct Nested : autograd::Function<Nested> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, int depth) {
    ctx->saved_data["depth"] = depth;
    return x + 1;
  }
  static TensorList backward(AutogradContext* ctx, TensorList g) {
    const int depth = std::any_cast<int>(ctx->saved_data["depth"]);
    if (depth == 0) {
      if (fails) throw std::runtime_error("at the bottom");
      return {g[0], Tensor()};
    }
    BOOST_REQUIRE(!GradMode::is_enabled());
    AutoGradMode on(true);
    const Tensor x = zeros({}, TensorOptions(kFloat64).requires_grad(true));
    const Tensor y = apply(x, depth - 1);
    if (depth % 2)
      y.backward();
    else
      x.mutable_grad() = autograd::grad({y}, {x})[0];
    return {g[0] + x.grad(), Tensor()};
  }
  static inline bool fails = false;
};

double sum_of_depths(int depth) {
  const Tensor x = zeros({}, TensorOptions(kFloat64).requires_grad(true));
  Nested::apply(x, depth).backward();
  return x.grad().item<double>();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nesting)

BOOST_AUTO_TEST_CASE(a_hundred_thousand_deep) {
  const int64_t before = TensorImpl::live();
  BOOST_TEST(sum_of_depths(3) == 4);
  BOOST_TEST(sum_of_depths(100000) == 100001);
  BOOST_TEST(TensorImpl::live() == before);
}

BOOST_AUTO_TEST_CASE(an_exception_comes_up_through_all_threads) {
  const int64_t before = TensorImpl::live();
  Nested::fails = true;
  BOOST_CHECK_EXCEPTION(sum_of_depths(30000), std::runtime_error,
                        [](const std::exception& e) { return std::string(e.what()) == "at the bottom"; });
  Nested::fails = false;
  BOOST_TEST(TensorImpl::live() == before);
  BOOST_TEST(sum_of_depths(10) == 11);
}

BOOST_AUTO_TEST_CASE(on_a_thread_with_a_small_stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size_t{256} << 10);
  pthread_t thread;
  double sum = 0;
  auto run = [](void* to) -> void* {
    *static_cast<double*>(to) = sum_of_depths(5000);
    return nullptr;
  };
  BOOST_REQUIRE(pthread_create(&thread, &attributes, run, &sum) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  BOOST_TEST(sum == 5001);
}

BOOST_AUTO_TEST_SUITE_END()
