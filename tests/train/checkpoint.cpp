// Checkpoints: a run stopped at any step resumes with the bits of the uninterrupted run.
#include "weft/train/checkpoint.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>

#include "tests/temp_folder.h"
#include "weft/data/data.h"
#include "weft/nn/nn.h"
#include "weft/optim/optim.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"
#include "weft/train/serialize.h"

using namespace weft;
namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  const std::string file = *this / "run.safetensors";
};

struct NetImpl : nn::Module {
  NetImpl()
      : first(register_module("first", nn::Linear(6, 8))),
        norm(register_module("norm", nn::BatchNorm1d(8))),
        last(register_module("last", nn::Linear(8, 3))) {}
  Tensor forward(const Tensor& x) { return last(dropout(relu(norm(first(x))), 0.3, is_training())); }
  nn::Linear first;
  nn::BatchNorm1d norm;
  nn::Linear last;
};
WEFT_MODULE(Net);

auto dataset() {
  Tensor x = empty({50, 6}), y = empty({50}, kInt64);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = std::sin(static_cast<float>(i) * 0.37f);
  for (int64_t i = 0; i < 50; ++i) y.data_ptr<int64_t>()[i] = i % 3;
  return data::datasets::TensorDataset(x, y).map(data::transforms::Stack<>());
}

/// A run over shuffled batches with dropout, momentum, clipping, and a rate that changes every step.
struct Training {
  explicit Training(uint64_t seed, size_t workers = 0)
      : net((manual_seed(seed), Net())),
        optimizer(net->named_parameters(), optim::AdamOptions(0.05).amsgrad(true)),
        scheduler(optimizer, 3, 40),
        loader(data::make_data_loader(dataset(), data::DataLoaderOptions(8).workers(workers))),
        checkpoint(*net, &optimizer, {&scheduler}) {}

  /// Trains until `until` steps are done; each epoch has 7.
  void run(int64_t until) {
    while (checkpoint.step < until) {
      for (auto& batch : *loader) {
        optimizer.zero_grad();
        cross_entropy(net(batch.data), batch.target).backward();
        optim::clip_grad_norm_(net->parameters(), 1);
        optimizer.step();
        scheduler.step();
        ++checkpoint.step;
        if (checkpoint.step == until) return;
      }
      ++checkpoint.epoch;
    }
  }
  Net net;
  optim::Adam optimizer;
  optim::WarmupCosineLR scheduler;
  decltype(data::make_data_loader(dataset(), data::DataLoaderOptions(8))) loader;
  train::Checkpoint checkpoint;
};

void check_same(const NamedTensors& a, const NamedTensors& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_TEST(a[i].first == b[i].first);
    BOOST_TEST(a[i].second.equal(b[i].second), a[i].first);
  }
}

/// Copies of everything in a checkpoint.
struct Snapshot {
  explicit Snapshot(const Training& t)
      : module(copy_of(train::tensors_of(*t.net))),
        optimizer(copy_of(t.optimizer.state_dict().tensors)),
        options(t.optimizer.state_dict().metadata),
        scheduler(t.scheduler.state_dict()),
        generator(default_generator().get_state()) {}

  static NamedTensors copy_of(const NamedTensors& tensors) {
    NamedTensors out;
    for (const auto& [name, t] : tensors) out.emplace_back(name, t.detach().clone());
    return out;
  }
  void check_same_as(const Snapshot& o) const {
    check_same(module, o.module);
    check_same(optimizer, o.optimizer);
    BOOST_TEST((options == o.options));
    BOOST_TEST((scheduler == o.scheduler));
    BOOST_TEST(generator.equal(o.generator));
  }

  NamedTensors module, optimizer;
  Metadata options, scheduler;
  Tensor generator;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(checkpoint, Folder)

BOOST_AUTO_TEST_CASE(stopping_anywhere_gives_the_uninterrupted_runs_bits) {
  constexpr int64_t kSteps = 17;  // two epochs of 7 and a part
  Training whole(11);
  whole.run(kSteps);
  const Snapshot end(whole);
  for (size_t workers : {size_t{0}, size_t{2}})
    for (int64_t stop = 0; stop <= kSteps; ++stop)
      BOOST_TEST_CONTEXT("stopped at " << stop << ", workers " << workers) {
        {
          Training before(11, workers);
          before.run(stop);
          before.checkpoint.position = before.loader->state();
          before.checkpoint.metadata["note"] = "half way";
          before.checkpoint.save(file);
        }
        Training after(99, workers);
        after.run(2);  // its previous steps must not matter
        after.checkpoint.load(file);
        after.loader->load_state(after.checkpoint.position);
        BOOST_TEST(after.checkpoint.step == stop);
        BOOST_TEST(after.checkpoint.metadata.at("note") == "half way");
        after.run(kSteps);
        end.check_same_as(Snapshot(after));
      }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_a_file_of_weights) {
  Training training(3);
  training.run(5);
  training.checkpoint.epoch = 4;
  training.checkpoint.metadata = {{"model", "linear 8"}};
  training.checkpoint.save(file);
  Net net;
  load(net, file);
  check_same(train::tensors_of(*training.net), train::tensors_of(*net));

  // Without an optimizer the module, the generator and the counts are restored.
  train::Checkpoint weights(*net);
  BOOST_CHECK_THROW(weights.load(file), StateError);  // it contains a scheduler that would be lost
  optim::StepLR scheduler(training.optimizer, 1);
  train::Checkpoint whole(*net, &training.optimizer, {&training.scheduler});
  whole.load(file);
  BOOST_TEST(whole.epoch == 4);
  BOOST_TEST(whole.step == 5);
  BOOST_TEST(whole.metadata.at("model") == "linear 8");
  BOOST_TEST(!whole.position.defined());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_does_not_fit_changes_nothing) {
  Training good(3);
  good.run(5);
  good.checkpoint.save(file);
  const StateDict saved = load_safetensors(file);

  Training training(4);
  training.run(3);
  const Snapshot before(training);
  auto refused = [&](auto change) {
    StateDict bad = saved;
    change(bad);
    save_safetensors(file, bad.tensors, bad.metadata);
    BOOST_CHECK_EXCEPTION(training.checkpoint.load(file), Error, [&](const Error& e) {
      BOOST_TEST_MESSAGE(e.what());
      return std::string(e.what()).find(file) != std::string::npos;
    });
    before.check_same_as(Snapshot(training));
    BOOST_TEST(training.checkpoint.step == 3);
  };
  auto drop = [](const char* name) {
    return [name](StateDict& s) {
      const size_t before = s.tensors.size() + s.metadata.size();
      s.metadata.erase(name);
      std::erase_if(s.tensors, [&](const auto& entry) { return entry.first == name; });
      BOOST_REQUIRE_EQUAL(s.tensors.size() + s.metadata.size(), before - 1);
    };
  };
  refused(drop("first.weight"));
  refused(drop("checkpoint/generator"));
  refused(drop("checkpoint/version"));
  refused(drop("checkpoint/epoch"));
  refused(drop("checkpoint/schedulers"));
  refused(drop("checkpoint/scheduler/0/last_epoch"));
  refused(drop("checkpoint/optimizer/optimizer"));
  refused(drop("checkpoint/optimizer/group.0.lr"));
  refused([](StateDict& s) { s.metadata["checkpoint/version"] = "2"; });
  refused([](StateDict& s) { s.metadata["checkpoint/step"] = "x"; });
  refused([](StateDict& s) { s.metadata["checkpoint/scheduler/0/scheduler"] = "StepLR"; });
  refused([](StateDict& s) {
    for (auto& entry : s.tensors)
      if (entry.first == "checkpoint/generator") entry.second = zeros({5}, kUInt8);
  });
  refused([](StateDict& s) {
    for (auto& entry : s.tensors)
      if (entry.first == "checkpoint/optimizer/first.weight/exp_avg") entry.second = zeros({5});
  });
  save_safetensors(file, saved.tensors, saved.metadata);
  training.checkpoint.load(file);
  BOOST_TEST(training.checkpoint.step == 5);

  BOOST_CHECK_THROW(training.checkpoint.save((path / "none" / "a").string()), IoError);
  training.checkpoint.metadata["checkpoint/mine"] = "x";
  BOOST_CHECK_THROW(training.checkpoint.save(file), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
