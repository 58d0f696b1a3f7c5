// The output of a run, and the choice of the weights that its figures describe.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "weft/train/run.h"
#include "weft/train/serialize.h"

namespace weft::train {
namespace {

constexpr size_t kColumns = 80;

// "train 0.0512, 98.41 %": loss and accuracy; empty for a part without numbers.
std::string part_of(const char* name, double loss, double accuracy) {
  if (std::isnan(loss) && std::isnan(accuracy)) return "";
  std::string out = fmt::format("{} {}", name, format_loss(loss));
  if (!std::isnan(accuracy)) out += fmt::format(", {:.2f} %", 100 * accuracy);
  return out;
}

}  // namespace

void Run::check_finite(double value, const char* what, const std::function<std::string()>& reason) const {
  if (options_.allow_nan || std::isfinite(value)) return;
  std::string text = fmt::format("[train] step {}: the {} is {}", step_, what, std::isnan(value) ? "nan" : "infinite");
  if (const std::string why = reason(); !why.empty()) text += "; " + why;
  if (folder_ && has_saved_) text += fmt::format("; {} keeps the last good weights", folder_->path());
  throw NotFinite(text);
}

void Run::check_weights() const {
  if (options_.allow_nan) return;
  if (const auto name = weights_not_finite(model_))
    throw NotFinite(fmt::format("[train] step {}: the weight {} is not finite; it is not saved", step_, *name));
}

void Run::print_judges() const {
  const char* set = validation_ ? "validation" : "test";
  if (folder_ || options_.keep_best) say("best weights: by {} accuracy\n", set);
  if (stopping_)
    say("early stopping: by {} loss{}\n", validation_ ? "validation" : "training",
        validation_ ? "" : ": without a validation part it may never stop");
}

// A line of at most 80 columns: speed and time are left out if they do not fit.
void Run::print(const MetricsRecord& r) const {
  if (options_.quiet) return;
  std::string line = options_.steps ? fmt::format("step {}/{}: ", step_, *options_.steps)
                                    : fmt::format("epoch {}/{}: ", epoch_, options_.epochs);
  line += part_of("train", r.train_loss, r.train_accuracy);
  line += "; " + (validation_ ? part_of("validation", r.validation_loss, r.validation_accuracy)
                              : part_of("test", r.test_loss, r.test_accuracy));
  const std::string extras[] = {fmt::format("; {}/s", format_count(r.samples_per_second)),
                                fmt::format("; {}", format_duration(r.seconds))};
  for (const std::string& extra : extras)
    if (line.size() + extra.size() <= kColumns) line += extra;
  say("{}\n", line);
}

// Evaluates the weights in `best`, which are loaded into the model meanwhile.
Evaluation Run::test_of_best() {
  const NamedTensors now = copies_of(model_);
  load(model_, folder_->best());
  model_.eval();
  const Evaluation out = test_();
  ModuleUpdate(model_, now, "the last weights").apply();
  return out;
}

Run::Answer Run::answer() {
  const std::string unit = options_.steps ? "step" : "epoch";
  const bool has_best = folder_ && std::filesystem::exists(folder_->best()) && best_step_ > 0;
  const bool is_last = !has_best || best_step_ == step_;
  const std::string best = fmt::format("the best weights, of {} {}", unit, options_.steps ? best_step_ : best_epoch_);
  if (is_last && (last_ || !has_best)) return {last_, last_is_test_, has_best ? best : "the last weights"};
  if (best_seen_ && (!validation_ || interrupted())) return {best_seen_, !validation_, best};
  if (interrupted()) return {last_, last_is_test_, "the last weights"};
  return {test_of_best(), true, best};
}

Evaluation Run::finish() {
  progress_.clear();
  // An incomplete epoch of an interrupted run is not tested.
  if (!interrupted() && !last_) {
    model_.eval();
    last_ = test_();
    last_is_test_ = true;
  }
  if (options_.save) save(*options_.save);
  if (folder_) save_last();
  const Answer seen = answer();
  if (folder_ && options_.write_report) options_.write_report(folder_->report(), report_of(seen));
  if (!options_.quiet) print_end(seen);
  model_.eval();
  return last_.value_or(Evaluation{});
}

// Prints how the run ended, its figures, and its files.
void Run::print_end(const Answer& answer) const {
  if (interrupted())
    say("interrupted after step {}{}\n", step_,
        folder_ ? fmt::format("; resume with {}--resume {}",
                              options_.about.metadata.empty() ? "the same options and " : "", folder_->path())
                : "");
  else if (stopping_ && stopping_->stopped())
    say("stopped early: the {} loss has not fallen by more than {} below {} in {} tests\n",
        validation_ ? "validation" : "train", options_.early_stop->min_delta, format_loss(stopping_->best()),
        options_.early_stop->patience);
  if (answer.seen)
    say("{0} loss {1}, {0} accuracy {2:.2f} % with {3}\n", answer.is_test ? "test" : "validation",
        format_loss(answer.seen->loss), 100 * answer.seen->accuracy, answer.weights);
  if (folder_)
    say("saved to {}: {}metrics.jsonl, last{}.safetensors\n", folder_->path(),
        options_.write_report ? "report.html, " : "", std::filesystem::exists(folder_->best()) ? " and best" : "");
}

}  // namespace weft::train
