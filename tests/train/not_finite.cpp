// A loss or weights that are not finite end a run, and valid files are not overwritten.
#include "weft/train/not_finite.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "tests/temp_folder.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/checkpoint.h"
#include "weft/train/metrics.h"
#include "weft/train/metrics_file.h"
#include "weft/train/run.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kBatches = 4;

struct Training {
  explicit Training(const train::RunOptions& told)
      : net(nn::input(1, 28, 28) | nn::flatten() | nn::linear(8).named("fc1") | nn::relu() |
            nn::linear(10).named("fc2")),
        options(told) {
    options.quiet = true;
  }
  // `before` may corrupt the batch or the model of a step, which is counted from 1.
  void run(const std::function<void(int64_t, Tensor&)>& before) {
    optim::SGD optimizer(net->named_parameters(), 0.1);
    auto loader = data::make_data_loader<data::samplers::RandomSampler>(
        data::datasets::SyntheticDigits(kBatches * 10).map(data::transforms::Stack<>()), 10);
    train::Run run(options, *net, optimizer, train::position_of(*loader), [&] { return tested; });
    while (run.next_epoch())
      for (auto& batch : *loader) {
        Tensor x = batch.data.clone();
        before(run.steps() + 1, x);
        const Tensor scores = net(x), loss = F::cross_entropy(scores, batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, scores, batch.target)) break;
      }
    run.finish();
  }
  // The message of the error that ends the run; empty if there is none.
  std::string error_of(const std::function<void(int64_t, Tensor&)>& before) {
    try {
      run(before);
    } catch (const train::NotFinite& e) {
      return e.what();
    }
    return "";
  }
  void fill(const char* name, double value) {
    NoGradGuard no_grad;
    net->named_parameters()[name].fill_(value);
  }
  nn::Model net;
  train::RunOptions options;
  train::Evaluation tested{1, 0.5};
};

bool holds(const std::string& text, const std::string& part) {
  BOOST_TEST_MESSAGE(text);
  return text.find(part) != std::string::npos;
}

bool all_finite(const std::string& file) {
  for (const auto& [name, tensor] : load_safetensors(file).tensors)
    if (is_floating_point(tensor.dtype()) && !tensor.isfinite().all().item<bool>()) return false;
  return true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(not_finite, TempFolder)

BOOST_AUTO_TEST_CASE(the_run_ends_at_the_step_and_names_the_module) {
  const std::string out = *this / "a";
  Training data({.epochs = 9, .out = out});
  std::string error = data.error_of([](int64_t step, Tensor& x) {
    if (step == 7) x.index_put_({2, 0, 3, 3}, tensor(kNaN, kFloat32));
  });
  BOOST_TEST(holds(error, "step 7: the loss is nan; the input of"));
  BOOST_TEST(holds(error, out + " keeps the last good weights"));
  BOOST_TEST(load_safetensors(out + "/last.safetensors").metadata.at("checkpoint/step") == "4");
  BOOST_TEST(all_finite(out + "/last.safetensors"));
  BOOST_TEST(all_finite(out + "/best.safetensors"));

  // The optimizer has corrupted every weight by the time step() sees the loss.
  Training second({.epochs = 9});
  error = second.error_of([&](int64_t step, Tensor&) {
    if (step == 3) second.fill("fc2.weight", 3e38);
  });
  BOOST_TEST(holds(error, "step 3: the loss is"));
  BOOST_TEST(holds(error, "the output of 'fc2'"));
  Training first({.epochs = 9});
  error = first.error_of([&](int64_t step, Tensor&) {
    if (step == 3) first.fill("fc1.weight", kNaN);
  });
  BOOST_TEST(holds(error, "the output of 'fc1'"));
  BOOST_TEST(holds(error, "and so is its weight"));
}

BOOST_AUTO_TEST_CASE(weights_and_tests_that_are_not_finite_are_not_saved) {
  const std::string out = *this / "a", file = *this / "a.safetensors";
  Training good({.epochs = 1, .out = out, .save = file});
  BOOST_TEST(good.error_of([](int64_t, Tensor&) {}) == "");
  // The last update of a run gives NaN: no later loss shows it.
  Training bad({.epochs = 1, .save = file});
  nn::Model& net = bad.net;
  for (auto& p : net->parameters()) p.register_hook([](const Tensor& g) { return g * std::nan(""); });
  bad.options.steps = 1;
  BOOST_TEST(holds(bad.error_of([](int64_t, Tensor&) {}), "is not finite; it is not saved"));
  BOOST_TEST(all_finite(file));

  Training test({.epochs = 2, .out = *this / "b"});
  test.tested.loss = kNaN;
  BOOST_TEST(holds(test.error_of([](int64_t, Tensor&) {}), "step 4: the test loss is nan"));
}

BOOST_AUTO_TEST_CASE(allow_nan_goes_on_and_keeps_the_best) {
  const std::string out = *this / "a";
  Training training({.epochs = 3, .out = out, .allow_nan = true});
  BOOST_TEST(training.error_of([&](int64_t step, Tensor&) {
    if (step <= kBatches) return;
    training.fill("fc1.weight", kNaN);
    training.tested = {kNaN, 0.9};
  }) == "");
  BOOST_TEST(all_finite(out + "/best.safetensors"));
  BOOST_TEST(!all_finite(out + "/last.safetensors"));
  BOOST_TEST(train::read_metrics(out + "/metrics.jsonl").size() == 3u);
}

BOOST_AUTO_TEST_CASE(top_k_is_never_below_the_accuracy) {
  const float nan = std::nanf("");
  for (int64_t target = 0; target < 3; ++target)
    for (int k = 1; k <= 3; ++k) {
      train::Metrics metrics(k);
      metrics.add(tensor({nan, nan, nan, nan, 1.f, 2.f, 0.f, nan, 1.f, 0.f, 1.f, nan}, kFloat32).view({4, 3}),
                  full({4}, target, kInt64));
      BOOST_TEST(metrics.top_k_accuracy() >= metrics.accuracy());
    }
}

BOOST_AUTO_TEST_SUITE_END()
