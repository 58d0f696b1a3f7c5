// train::Run around a user's loop.
#include "weft/train/run.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>

#include "tests/temp_folder.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;
namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  std::string run() const { return *this / "run"; }
};

constexpr int64_t kBatches = 4;

// Trains a small network; `after` is called with the number of steps after each of them, and `between` before each
// epoch. Returns the steps of each epoch.
std::vector<int64_t> steps_of(train::RunOptions options, const std::function<void(int64_t)>& after = {},
                              const std::function<void(int64_t)>& between = {}) {
  manual_seed(1);
  nn::Model net = nn::input(1, 28, 28) | nn::flatten() | nn::linear(10);
  optim::SGD optimizer(net->named_parameters(), 0.1);
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      data::datasets::SyntheticDigits(kBatches * 10).map(data::transforms::Stack<>()), 10);
  options.quiet = true;
  train::Run run(options, *net, optimizer, train::position_of(*loader), [] { return train::Evaluation{1, 0.5}; });
  std::vector<int64_t> steps;
  while ((between ? between(run.steps()) : void()), run.next_epoch()) {
    steps.push_back(0);
    for (auto& batch : *loader) {
      Tensor loss = F::cross_entropy(net(batch.data), batch.target);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      ++steps.back();
      const bool goes_on = run.step(loss, batch.data.size(0));
      if (after) after(run.steps());
      if (!goes_on) break;
    }
  }
  run.finish();
  return steps;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run, Folder)

BOOST_AUTO_TEST_CASE(a_signal_at_any_place_costs_no_step) {
  const std::vector<int64_t> whole{kBatches, kBatches, kBatches};
  BOOST_TEST((steps_of({.epochs = 3}) == whole));
  for (const bool within : {true, false})
    for (int64_t at = 1; at <= 2 * kBatches; ++at)
      BOOST_TEST_CONTEXT("step " << at << (within ? "" : ", before an epoch")) {
        if (!within && at % kBatches != 0) continue;
        fs::remove_all(run());
        auto stop = [&](int64_t step) {
          if (step == at) raise(SIGINT);
        };
        auto never = [](int64_t) {};
        std::vector<int64_t> steps =
            steps_of({.epochs = 3, .out = run()}, within ? stop : std::function<void(int64_t)>(never),
                     within ? never : std::function<void(int64_t)>(stop));
        int64_t total = 0;
        for (int64_t n : steps) total += n;
        BOOST_TEST(total < 3 * kBatches);
        for (int64_t n : steps_of({.epochs = 3, .resume = run()})) total += n;
        BOOST_TEST(total == 3 * kBatches);
        const auto course = train::read_metrics(run() + "/metrics.jsonl");
        BOOST_REQUIRE_EQUAL(course.size(), 3u);
        for (size_t i = 0; i < 3; ++i) BOOST_TEST(course[i].step == kBatches * static_cast<int64_t>(i + 1));
      }
}

BOOST_AUTO_TEST_SUITE_END()
