// Forward passes of one module from several threads at once.
#include <atomic>
#include <exception>
#include <thread>

#include "tests/nn/support.h"

namespace weft {
namespace {

constexpr int kThreads = 4, kRounds = 20;

/// Runs body(thread) on several threads; rethrows the first exception.
template <class F>
void on_threads(F body) {
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(kThreads);
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      try {
        body(t);
      } catch (...) {
        errors[static_cast<size_t>(t)] = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& e : errors)
    if (e) std::rethrow_exception(e);
}

nn::Sequential make_net() {
  return nn::Sequential(nn::Conv2d(1, 4, 3), nn::BatchNorm2d(4), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                        nn::Linear(36, 8), nn::PReLU(), nn::LayerNorm(std::vector<int64_t>{8}), nn::LogSoftmax(1));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(forward_gives_the_same_bits) {
  manual_seed(0);
  nn::Sequential net = make_net();
  net->eval();
  TensorList inputs, expected;
  for (int t = 0; t < kThreads; ++t) {
    inputs.push_back(randn({3, 1, 8, 8}));
    expected.push_back(net(inputs.back()).detach());
  }
  std::vector<int> equal(kThreads);
  on_threads([&](int t) {
    const auto i = static_cast<size_t>(t);
    for (int round = 0; round < kRounds; ++round) equal[i] += net(inputs[i]).equal(expected[i]);
  });
  for (int count : equal) BOOST_CHECK_EQUAL(count, kRounds);
}

BOOST_AUTO_TEST_CASE(training_counts_every_batch_once) {
  nn::BatchNorm1d bn(nn::BatchNorm1dOptions(2).momentum(nullopt));
  const Tensor batch = tensor({{1., 4.}, {3., 8.}}, kFloat32);
  on_threads([&](int) {
    for (int round = 0; round < kRounds; ++round) bn(batch);
  });
  BOOST_CHECK_EQUAL(bn->num_batches_tracked.item<int64_t>(), kThreads * kRounds);
  check_close(bn->running_mean, {2, 6}, 1e-5);
  check_close(bn->running_var, {2, 8}, 1e-5);
}

BOOST_AUTO_TEST_CASE(gradients_of_threads_add_up) {
  manual_seed(1);
  nn::Linear fc(3, 2);
  const Tensor x = ones({4, 3});
  std::vector<Tensor> losses(kThreads);
  on_threads([&](int t) { losses[static_cast<size_t>(t)] = fc(x).sum(); });
  for (const Tensor& loss : losses) loss.backward();
  check_same(fc->weight.grad(), full({2, 3}, 4.0 * kThreads));
}

BOOST_AUTO_TEST_CASE(hooks_and_errors_keep_to_their_thread) {
  nn::Sequential net(nn::Linear(3, 3), nn::ReLU());
  std::atomic<int> calls = 0;
  auto handle = net->ptr(0)->register_forward_hook([&](nn::Module&, const TensorList&, Tensor&) { ++calls; });
  std::atomic<int> right = 0;
  on_threads([&](int t) {
    for (int round = 0; round < kRounds; ++round) {
      if (t == 0) net->ptr(0)->register_forward_hook([](nn::Module&, const TensorList&, Tensor&) {}).remove();
      net(ones({1, 3}));
      try {
        net(ones({1, 4}));
      } catch (const ShapeError& e) {
        right += std::string(e.what()).find("] Sequential.0: ") != std::string::npos;
      }
    }
  });
  BOOST_CHECK_EQUAL(calls, kThreads * kRounds);
  BOOST_CHECK_EQUAL(right, kThreads * kRounds);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
