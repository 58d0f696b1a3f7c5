// Run: what every training program does around its own loop: counting, progress, tests, metrics, saving and resuming.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weft/nn/module.h"
#include "weft/optim/lr_scheduler.h"
#include "weft/optim/optimizer.h"
#include "weft/train/checkpoint.h"
#include "weft/train/evaluate.h"
#include "weft/train/metrics_file.h"
#include "weft/train/progress.h"

namespace weft::train {

/// What a training program is told to do.
struct RunOptions {
  int64_t epochs = 1;
  std::optional<int64_t> steps;             ///< ends the run after so many steps, before its epochs are over
  std::optional<std::string> metrics;       ///< a file of one JSON object per epoch, or per 100 steps with `steps`
  std::optional<std::string> save, resume;  ///< checkpoints: weights, and all that resuming needs
};

/// Where a loader stands and how it continues: DataLoader::state and load_state.
struct Position {
  std::function<Tensor()> state;
  std::function<void(const Tensor&)> load;
  int64_t batches = 0;  ///< per epoch
};
/// Of the loader of a training set. Throws ValueError for batches larger than the set.
template <class Loader>
Position position_of(Loader& loader) {
  const auto size = static_cast<int64_t>(loader.dataset().size().value());
  const auto batch = static_cast<int64_t>(loader.options().batch_size());
  check<ValueError>(batch <= size, "[train] batches of {} cannot be taken from a set of {}", batch, size);
  return {[&loader] { return loader.state(); }, [&loader](const Tensor& s) { loader.load_state(s); },
          (size + (loader.options().drop_last() ? 0 : batch - 1)) / batch};
}

/// Wraps a training loop:
///
///     train::Run run(options, *net, optimizer, train::position_of(*loader), test);
///     while (run.next_epoch())
///       for (auto& batch : *loader) {
///         ... loss.backward(); optimizer.step();
///         if (!run.step(loss, batch.data.size(0))) break;
///       }
///     run.finish();
///
/// On a terminal a line shows rate and time left; every epoch (every 100 steps where steps are given) prints one line
/// and writes one metrics record. Interrupted by Ctrl-C, the run ends after the present step, and finish() saves.
class Run {
 public:
  /// Opens the metrics file and loads the checkpoint to resume from. `test` evaluates the model, which is in eval mode
  /// for the call. Throws IoError for files that cannot be written or read, ValueError for options outside their range.
  Run(RunOptions options, nn::Module& model, optim::Optimizer& optimizer, Position position,
      std::function<Evaluation()> test, optim::LRScheduler* scheduler = nullptr);
  ~Run();
  Run(const Run&) = delete;

  /// True while there is an epoch to run; puts the model into training mode.
  bool next_epoch();
  /// Counts a step; false when the run is over.
  bool step(const Tensor& loss, int64_t samples);
  /// Saves where asked, and returns the last test. Throws IoError when the file cannot be written.
  Evaluation finish();
  int64_t steps() const { return step_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool over() const;
  void report();
  std::string status(double loss) const;
  double seconds() const;
  Checkpoint checkpoint() const;
  void save() const;
  void resume();

  RunOptions options_;
  nn::Module& model_;
  optim::Optimizer& optimizer_;
  Position position_;
  std::function<Evaluation()> test_;
  optim::LRScheduler* scheduler_;
  std::unique_ptr<MetricsFile> metrics_;
  Progress progress_;
  int64_t epoch_ = 0;     ///< epochs finished
  int64_t step_ = 0;      ///< steps done
  int64_t in_epoch_ = 0;  ///< steps done of the present epoch
  bool inside_ = false;   ///< between next_epoch and the end of its loop
  double loss_sum_ = 0;   ///< of the steps since the last report
  int64_t loss_steps_ = 0, samples_ = 0;
  double earlier_seconds_ = 0;      ///< of the runs that this one resumes
  Clock::time_point began_, mark_;  ///< of the run, and of training since the last report
  std::optional<Evaluation> last_;
};

}  // namespace weft::train
