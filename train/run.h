// Run: the common parts of training programs around their loop: counting, progress, tests, metrics, saving, resuming
// and the report.
#pragma once

#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/nn/module.h"
#include "weft/optim/lr_scheduler.h"
#include "weft/optim/optimizer.h"
#include "weft/train/checkpoint.h"
#include "weft/train/early_stopping.h"
#include "weft/train/evaluate.h"
#include "weft/train/metrics_file.h"
#include "weft/train/not_finite.h"
#include "weft/train/progress.h"
#include "weft/train/run_folder.h"
#include "weft/train/run_report.h"
#include "weft/train/step_curve.h"
#include "weft/train/stop_signals.h"

namespace weft::train {

/// Early stopping: ends a run after `patience` consecutive tests that did not improve on the best by more than
/// `min_delta`. The metric is the loss of the validation set, or of the training steps if there is none.
struct EarlyStop {
  int64_t patience = 10;
  double min_delta = 0;
};

/// The run's description for its report.
struct RunDescription {
  std::string title = "Training", data = {};
  std::vector<std::string> class_names = {};                      ///< by id; numbers if absent
  std::string model = {};                                         ///< by default a summary of the module
  std::vector<std::pair<std::string, std::string>> options = {};  ///< the program's options
  Metadata metadata = {};                                         ///< stored in the run's checkpoints
};

/// Options of a training run.
struct RunOptions {
  int64_t epochs = 1;
  std::optional<int64_t> steps = {};  ///< ends the run after this many steps, regardless of `epochs`
  int64_t test_every = 100;           ///< steps between tests if `steps` is set; else each epoch is tested
  /// The run's folder, which RunFolder describes. The checkpoint `last` is written about every ten seconds.
  std::optional<std::string> out = {};
  std::optional<std::string> metrics = {};  ///< a file of one JSON object per test
  std::optional<std::string> save = {};     ///< a checkpoint at the end: weights, and the state to resume from
  /// A checkpoint to resume, or the folder of a run, which then is `out` too; "" is the folder `out`.
  std::optional<std::string> resume = {};
  std::optional<EarlyStop> early_stop = {};
  bool keep_best = false;  ///< keep the best weights in memory and in checkpoints, for Run::take_best
  /// Continue if a loss or a weight is NaN or infinite. Otherwise the run throws NotFinite and saves no such weights.
  bool allow_nan = false;
  bool quiet = false;  ///< print only the progress line, which begins with `label`
  std::string label = {};
  RunDescription about = {};
  /// Writes the report of a finished run to the file `path`; `train::write_report` of report/report.h makes the page.
  /// Without it the run's folder has no report.
  std::function<void(const std::string& path, const Report& report)> write_report = {};
};

/// A loader's position, and how to resume it: DataLoader::state and load_state.
struct Position {
  std::function<Tensor()> state;
  std::function<void(const Tensor&)> load;
  int64_t batches = 0;  ///< per epoch
};
/// The position of the training set's loader. Throws ValueError for batches larger than the set.
template <class Loader>
Position position_of(Loader& loader) {
  const auto size = static_cast<int64_t>(loader.dataset().size().value());
  const auto batch = static_cast<int64_t>(loader.options().batch_size());
  check<ValueError>(batch <= size, "[train] batches of {} cannot be taken from a set of {}", batch, size);
  return {[&loader] { return loader.state(); }, [&loader](const Tensor& s) { loader.load_state(s); },
          (size + (loader.options().drop_last() ? 0 : batch - 1)) / batch};
}

/// Changes the learning rate: a formula after every step, or a plateau after every test, by the loss that EarlyStop
/// monitors.
struct RunSchedule {
  RunSchedule() = default;
  RunSchedule(optim::LRScheduler* schedule) : by_step(schedule) {}      // NOLINT
  RunSchedule(optim::ReduceLROnPlateau* plateau) : by_loss(plateau) {}  // NOLINT
  optim::LRScheduler* by_step = nullptr;
  optim::ReduceLROnPlateau* by_loss = nullptr;
};

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
/// On a terminal a line shows speed and remaining time; every epoch (every `test_every` steps if `steps` is set) prints
/// one line and writes one metrics record. A loss that is not finite ends the run: step() throws NotFinite with the
/// first module whose output was not finite, and the checkpoints stay unchanged. On Ctrl-C or SIGTERM the run ends
/// after the current step, and finish() saves; a second Ctrl-C ends the program at once.
class Run {
 public:
  using Test = std::function<Evaluation()>;
  /// Opens the run's folder and files and loads the checkpoint to resume. `test` evaluates the model, which is in eval
  /// mode during the call. Throws IoError for files that cannot be written or read and a folder that contains another
  /// run, ValueError for options out of range.
  Run(RunOptions options, nn::Module& model, optim::Optimizer& optimizer, Position position, Test test,
      RunSchedule schedule = {});
  ~Run();
  Run(const Run&) = delete;

  /// Tests by `validation` instead, and by `test` only at the end. Call it before the first epoch.
  void validate_by(Test validation) { validation_ = std::move(validation); }

  /// True while there is an epoch to run; sets the model to training mode.
  bool next_epoch();
  /// Counts a step; returns false when the run is over. Throws NotFinite for a loss or weights that are not finite.
  bool step(const Tensor& loss, int64_t samples);
  /// The same, with the training accuracy: scores [N, classes], target int64 [N].
  bool step(const Tensor& loss, const Tensor& scores, const Tensor& target);
  /// Saves as configured and returns the last test, made now if there was none, except for an interrupted run: then
  /// there may be none. The report and the last line refer to the weights in `best` if the run has a folder: `weft
  /// eval` and `weft predict` use the same. Throws IoError if a file cannot be written, NotFinite like step().
  Evaluation finish();
  /// Loads the best weights into the model, with `keep_best`, and returns their accuracy; nullopt if none was tested.
  std::optional<double> take_best();
  int64_t steps() const { return step_; }
  int64_t epochs() const { return epoch_; }
  /// Training time without tests, including that of resumed runs.
  double training_seconds() const { return training_seconds_; }
  bool interrupted() const { return stopped_by() != 0; }

 private:
  using Clock = std::chrono::steady_clock;
  bool step(double loss, int64_t samples, double accuracy);
  bool complete() const;
  void record();
  bool judge(MetricsRecord& r);
  /// An evaluation with a description of the tested weights.
  struct Answer {
    std::optional<Evaluation> seen;
    bool is_test = true;
    std::string weights;
  };
  Answer answer();
  Evaluation test_of_best();
  void check_finite(double value, const char* what, const std::function<std::string()>& reason) const;
  void check_weights() const;
  void print_judges() const;
  void print(const MetricsRecord& r) const;
  void print_end(const Answer& answer) const;
  void open_files();
  std::string status() const;
  double seconds() const;
  Checkpoint checkpoint() const;
  void save(const std::string& path) const;
  void save_best_weights();
  void save_last();
  void resume(const std::string& path);
  Report report_of(const Answer& answer) const;

  RunOptions options_;
  nn::Module& model_;
  optim::Optimizer& optimizer_;
  Position position_;
  Test test_, validation_;
  RunSchedule schedule_;
  std::unique_ptr<EarlyStopping> stopping_;
  std::unique_ptr<RunFolder> folder_;
  std::vector<MetricsFile> metrics_;
  Progress progress_;
  int64_t epoch_ = 0;     ///< epochs finished
  int64_t step_ = 0;      ///< steps done
  int64_t in_epoch_ = 0;  ///< steps done in the current epoch
  bool inside_ = false;   ///< between next_epoch and the end of its loop
  bool ended_ = false;    ///< step has returned false
  double loss_sum_ = 0;   ///< of the steps since the last record
  int64_t loss_steps_ = 0, samples_ = 0;
  int64_t right_ = 0, judged_ = 0;  ///< predictions in these steps, if scores were given
  double earlier_seconds_ = 0;      ///< of the resumed runs
  double training_seconds_ = 0;     ///< up to the last record
  std::optional<StopSignals> stop_signals_;
  Clock::time_point began_, mark_, saved_;            ///< start of the run; start of training since the last record;
                                                      ///< `last` was saved
  int64_t since_mark_ = 0;                            ///< steps
  double best_accuracy_ = -1, best_loss_ = INFINITY;  ///< of the weights in `best`
  int64_t best_epoch_ = 0, best_step_ = 0;            ///< their record
  NamedTensors best_weights_;                         ///< if they are kept
  std::optional<Evaluation> best_seen_;               ///< their evaluation, if made in this process
  StepCurve curve_;
  std::unique_ptr<FiniteWatch> watch_;
  std::optional<Evaluation> last_;
  bool last_is_test_ = false, has_saved_ = false, begun_ = false;
};

}  // namespace weft::train
