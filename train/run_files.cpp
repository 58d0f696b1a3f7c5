// The files of a run: its checkpoints, and its report.
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "weft/nn/lang/summary.h"
#include "weft/train/notes.h"
#include "weft/train/run.h"
#include "weft/train/serialize.h"

namespace weft::train {
namespace {

// The model's summary for the report.
std::string summary_of(const nn::Module& module) {
  std::ostringstream out;
  const auto* model = module.as<nn::ModelImpl>();
  if (model && model->is_as_described())
    out << nn::summary(model->description());
  else
    out << module << fmt::format("\n{} parameters", format_count(static_cast<double>(module.num_parameters())));
  return out.str();
}

}  // namespace

// Opens files before training, and reads the checkpoint to resume before writing anything.
void Run::open_files() {
  std::optional<std::string> from = options_.resume;
  check<ValueError>(!from || !from->empty() || options_.out, "[resume] --resume without a folder needs --out");
  if (from && from->empty()) from = options_.out;
  bool is_folder = from && std::filesystem::is_directory(*from);
  if (is_folder) {
    std::error_code error;  // for a folder that does not exist
    check<ValueError>(!options_.out || std::filesystem::equivalent(*options_.out, *from, error),
                      "[resume] a run resumed in {} cannot write to {}", *from, *options_.out);
    options_.out = from;
    if (!std::filesystem::exists(*from + "/" + RunFolder::kLast)) {  // killed before its first checkpoint
      if (!options_.quiet) say("nothing was saved into {}: the run begins anew\n", *from);
      from.reset();
      is_folder = false;
    }
  } else if (from && options_.resume->empty()) {
    check_run_folder(*from);
  }
  if (options_.out) {
    folder_ = std::make_unique<RunFolder>(*options_.out, is_folder);
    folder_->note(note_text(options_.about.metadata));
  }
  if (from) resume(is_folder ? folder_->last() : *from);
  // A new folder has no `best` yet.
  if (!is_folder && best_weights_.empty()) best_accuracy_ = -1, best_loss_ = INFINITY;
  has_saved_ = is_folder;
  if (folder_ && !is_folder && !best_weights_.empty()) {
    save_last();
    save_best_weights();
  }

  auto open = [&](const std::string& path, bool append) {
    // A checkpoint with losses after the last record was saved before the record of its step.
    const int64_t told = loss_steps_ > 0 ? step_ - 1 : step_;
    metrics_.push_back(append ? MetricsFile::continued(path, told) : MetricsFile(path, false));
  };
  if (options_.metrics) open(*options_.metrics, from.has_value());
  if (folder_) open(folder_->metrics(), is_folder);
}

Checkpoint Run::checkpoint() const {
  std::vector<optim::Scheduler*> schedulers;
  if (schedule_.by_step) schedulers.push_back(schedule_.by_step);
  if (schedule_.by_loss) schedulers.push_back(schedule_.by_loss);
  if (stopping_) schedulers.push_back(stopping_.get());
  return Checkpoint(model_, &optimizer_, schedulers);
}

void Run::save(const std::string& path) const {
  check_weights();
  Checkpoint c = checkpoint();
  c.epoch = epoch_, c.step = step_, c.position = position_.state();
  c.metadata = options_.about.metadata;
  c.metadata["run.in_epoch"] = to_text(in_epoch_);
  c.metadata["run.loss_sum"] = to_text(loss_sum_);
  c.metadata["run.loss_steps"] = to_text(loss_steps_);
  c.metadata["run.right"] = to_text(right_);
  c.metadata["run.judged"] = to_text(judged_);
  c.metadata["run.seconds"] = to_text(seconds());
  const double unrecorded = since_mark_ > 0 ? std::chrono::duration<double>(Clock::now() - mark_).count() : 0;
  c.metadata["run.training_seconds"] = to_text(training_seconds_ + unrecorded);
  c.metadata["run.best_accuracy"] = to_text(best_accuracy_);
  c.metadata["run.best_loss"] = to_text(best_loss_);
  c.metadata["run.best_epoch"] = to_text(best_epoch_), c.metadata["run.best_step"] = to_text(best_step_);
  c.metadata["run.curve"] = curve_.text();
  c.tensors = best_weights_;
  c.save(path);
}

// The resumed run may have kept weights that are better than its last.
void Run::save_best_weights() {
  const NamedTensors now = copies_of(model_);
  ModuleUpdate(model_, best_weights_, "the best weights").apply();
  save(folder_->best());
  ModuleUpdate(model_, now, "the last weights").apply();
}

void Run::save_last() {
  save(folder_->last());
  has_saved_ = true;
  saved_ = Clock::now();
}

void Run::resume(const std::string& path) {
  Checkpoint c = checkpoint();
  c.load(path);
  check<IoError>(c.position.defined() && c.metadata.contains("run.in_epoch"),
                 "[resume] {} contains weights, but not the state of a training run", path);
  position_.load(c.position);
  epoch_ = c.epoch, step_ = c.step;
  in_epoch_ = int_at(c.metadata, "run.in_epoch");
  loss_sum_ = double_at(c.metadata, "run.loss_sum"), loss_steps_ = int_at(c.metadata, "run.loss_steps");
  right_ = int_at(c.metadata, "run.right"), judged_ = int_at(c.metadata, "run.judged");
  earlier_seconds_ = double_at(c.metadata, "run.seconds");
  if (c.metadata.contains("run.training_seconds"))  // added in a later version
    training_seconds_ = double_at(c.metadata, "run.training_seconds");
  if (options_.keep_best) best_weights_ = c.tensors;
  best_accuracy_ = double_at(c.metadata, "run.best_accuracy"), best_loss_ = double_at(c.metadata, "run.best_loss");
  if (c.metadata.contains("run.best_step"))  // added later too
    best_epoch_ = int_at(c.metadata, "run.best_epoch"), best_step_ = int_at(c.metadata, "run.best_step");
  if (c.metadata.contains("run.curve")) curve_ = StepCurve::of(c.metadata.at("run.curve"));
  if (!options_.quiet)
    say("resuming after epoch {}, step {}{}\n", epoch_, step_,
        complete() ? ": nothing is left to train; increase --epochs or --steps" : "");
}

Report Run::report_of(const Answer& answer) const {
  const RunDescription& about = options_.about;
  Report report{about.title, about.data};
  report.course = read_metrics(folder_->metrics());
  if (interrupted())
    report.subtitle += fmt::format("{}interrupted after step {}{}", about.data.empty() ? "" : "; ", step_,
                                   report.course.empty() ? ", before anything was recorded" : "");
  report.steps = curve_.points();
  if (answer.seen && answer.seen->metrics) report.test = *answer.seen->metrics;
  report.tested = answer.is_test ? "test" : "validation";
  report.weights = answer.weights;
  report.class_names = about.class_names;
  if (answer.seen) report.mistakes = answer.seen->mistakes;
  report.model = about.model.empty() ? summary_of(model_) : about.model;
  report.options = about.options;
  return report;
}

}  // namespace weft::train
