// Complete training runs: the same bits at any number of threads, and memory that stops growing.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "weft/tensor/allocator.h"
#include "weft/tensor/onednn/onednn.h"
#include "weft/tensor/parallel.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

namespace {

nn::Sequential mlp() {
  return nn::Sequential(nn::Flatten(), nn::Linear(784, 128), nn::PReLU(), nn::Dropout(0.3), nn::Linear(128, 10));
}
nn::Sequential cnn() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 16, 5).padding(2)), nn::BatchNorm2d(16), nn::ReLU(),
                        nn::MaxPool2d(2), nn::Conv2d(16, 24, 3), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                        nn::Dropout(0.5), nn::Linear(864, 64), nn::ReLU(), nn::Linear(64, 10));
}

void train_step(nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x, const Tensor& y) {
  Tensor loss = F::cross_entropy(net->forward(x), y);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}

/// All parameters of the network after two epochs over shuffled, augmented digits.
TensorList train(nn::Sequential (*make)(), int threads) {
  set_num_threads(threads);
  manual_seed(3);
  nn::Sequential net = make();
  optim::Adam optimizer(net->parameters(), 1e-3);
  auto digits = data::datasets::SyntheticDigits(500)
                    .map(data::transforms::RandomRotation(10))
                    .map(data::transforms::RandomShift(2))
                    .map(data::transforms::Normalize<>(0.13, 0.31))
                    .map(data::transforms::Stack<>());
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(std::move(digits), 60);
  for (int epoch = 0; epoch < 2; ++epoch)
    for (auto& batch : *loader) train_step(net, optimizer, batch.data, batch.target);
  TensorList numbers = net->parameters();
  for (const Tensor& buffer : net->buffers()) numbers.push_back(buffer);
  return numbers;
}

struct KeepThreads {
  ~KeepThreads() { set_num_threads(before); }
  int before = get_num_threads();
};

bool same_at_any_thread_count(nn::Sequential (*make)()) {
  const KeepThreads keep;
  const TensorList want = train(make, 1);
  for (int threads : {2, 3, 8}) {
    const TensorList got = train(make, threads);
    for (size_t i = 0; i < want.size(); ++i)
      if (!got[i].equal(want[i])) return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(whole_runs)

BOOST_AUTO_TEST_CASE(an_mlp_trains_to_the_same_bits_at_any_number_of_threads) {
  BOOST_TEST(same_at_any_thread_count(mlp));
}

BOOST_AUTO_TEST_CASE(a_cnn_trains_to_the_same_bits_at_any_number_of_threads) {
  BOOST_TEST(same_at_any_thread_count(cnn));
}

BOOST_AUTO_TEST_CASE(eight_threads_really_run_on_fewer_cores) {
  const KeepThreads keep;
  set_num_threads(8);
  std::mutex mutex;
  std::condition_variable arrived;
  std::set<std::thread::id> ids;
  // Each piece waits until all eight are running, so one thread cannot process two of them.
  parallel_pieces(8, 1e9, [&](int64_t) {
    std::unique_lock lock(mutex);
    ids.insert(std::this_thread::get_id());
    arrived.notify_all();
    arrived.wait_for(lock, std::chrono::seconds(20), [&] { return ids.size() == 8; });
  });
  BOOST_TEST(ids.size() == 8u);
}

#ifdef WEFT_MEMORY_CACHE
/// Number of memory requests to the system in ten steps.
int64_t taken_by_ten_steps(nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x, const Tensor& y) {
  const int64_t before = memory_stats().system_calls;
  for (int step = 0; step < 10; ++step) train_step(net, optimizer, x, y);
  return memory_stats().system_calls - before;
}

BOOST_AUTO_TEST_CASE(a_repeated_step_takes_no_memory_from_the_system) {
  const KeepThreads keep;
  manual_seed(1);
  for (auto make : {mlp, cnn}) {
    nn::Sequential net = make();
    optim::Adam optimizer(net->parameters(), 1e-3);
    const Tensor x = rand({32, 1, 28, 28}), y = randint(0, 10, {32});
    set_num_threads(1);
    taken_by_ten_steps(net, optimizer, x, y);
    BOOST_TEST(taken_by_ten_steps(net, optimizer, x, y) == 0);
    // The amount of scratch memory in use varies with several threads, but it is bounded.
    set_num_threads(3);
    int rounds = 1;
    while (rounds < 30 && taken_by_ten_steps(net, optimizer, x, y) > 0) ++rounds;
    BOOST_TEST(rounds < 30);
  }
}
#endif

BOOST_AUTO_TEST_CASE(a_thousand_shapes_leave_plans_and_memory_bounded) {
  manual_seed(1);
  nn::Sequential net(nn::Conv2d(1, 4, 3), nn::ReLU(), nn::MaxPool2d(2), nn::AdaptiveAvgPool2d(2), nn::Flatten(),
                     nn::Linear(16, 10));
  optim::SGD optimizer(net->parameters(), 0.01);
  auto step = [&](int64_t i) {
    const int64_t batch = 1 + i % 40, height = 12 + i % 25, width = 12 + i / 40;
    train_step(net, optimizer, rand({batch, 1, height, width}), randint(0, 10, {batch}));
  };
  release_cached_memory();
  const int64_t in_use = memory_stats().in_use;
  for (int64_t i = 0; i < 1000; ++i) step(i);
  BOOST_TEST(onednn::plan_count() <= onednn::kMaxPlans);
  // The largest step needs less than 2 MB.
  BOOST_TEST(memory_stats().in_use - in_use < (8 << 20));
  BOOST_TEST(memory_stats().cached < (64 << 20));
}

BOOST_AUTO_TEST_SUITE_END()
