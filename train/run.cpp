#include "weft/train/run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "weft/train/serialize.h"

namespace weft::train {
namespace {

constexpr double kSecondsBetweenSaves = 10;

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

Run::Run(RunOptions options, nn::Module& model, optim::Optimizer& optimizer, Position position, Test test,
         RunSchedule schedule)
    : options_(std::move(options)),
      model_(model),
      optimizer_(optimizer),
      position_(std::move(position)),
      test_(std::move(test)),
      schedule_(schedule) {
  check<ValueError>(options_.epochs >= 1, "[train] --epochs must be at least 1, got {}", options_.epochs);
  check<ValueError>(!options_.steps || *options_.steps >= 1, "[train] --steps must be at least 1, got {}",
                    options_.steps.value_or(0));
  check<ValueError>(options_.test_every >= 1, "[train] --test-every must be at least 1, got {}", options_.test_every);
  if (const auto& stop = options_.early_stop)
    stopping_ = std::make_unique<EarlyStopping>(stop->min_delta, stop->patience);
  if (options_.save) check_writable(*options_.save);
  began_ = mark_ = saved_ = Clock::now();
  open_files();
  if (!options_.allow_nan) watch_ = std::make_unique<FiniteWatch>(model_);
  stop_signals_.emplace();
}

Run::~Run() = default;

double Run::seconds() const { return earlier_seconds_ + seconds_between(began_, Clock::now()); }

// True if the run reached its configured end or stopped early, false if it was interrupted.
bool Run::complete() const {
  return (options_.steps ? step_ >= *options_.steps : epoch_ >= options_.epochs) || (stopping_ && stopping_->stopped());
}

bool Run::next_epoch() {
  if (std::exchange(inside_, false) && !ended_) {
    ++epoch_;
    in_epoch_ = 0;
    // An epoch without steps, which a run resumed at its end has, needs no record.
    if (!options_.steps && loss_steps_ > 0) record();
  }
  if (interrupted() || complete()) return false;
  if (!std::exchange(begun_, true) && !options_.quiet) print_judges();
  inside_ = true;
  model_.train();
  if (since_mark_ == 0) mark_ = Clock::now();
  return true;
}

bool Run::step(const Tensor& loss, const Tensor& scores, const Tensor& target) {
  NoGradGuard no_grad;
  const auto right = scores.detach().argmax(1).eq(target).sum().item<int64_t>();
  right_ += right;
  judged_ += target.numel();
  return step(loss.item<double>(), target.numel(), static_cast<double>(right) / static_cast<double>(target.numel()));
}

bool Run::step(const Tensor& loss, int64_t samples) { return step(loss.item<double>(), samples, kNoNumber); }

bool Run::step(double loss, int64_t samples, double accuracy) {
  ++step_, ++in_epoch_;
  check_finite(loss, "loss", [&] { return watch_->reason(); });
  ++loss_steps_, ++since_mark_;
  samples_ += samples;
  loss_sum_ += loss;
  curve_.add(step_, loss, accuracy);
  if (schedule_.by_step) schedule_.by_step->step();
  progress_.show([&] { return status(); });
  if (options_.steps && (step_ % options_.test_every == 0 || step_ == *options_.steps)) record();
  if (folder_ && seconds_between(saved_, Clock::now()) > kSecondsBetweenSaves) save_last();
  ended_ = interrupted() || (options_.steps && complete());
  return !ended_;
}

// The loss is the mean over the steps since the last record.
std::string Run::status() const {
  double elapsed = seconds_between(mark_, Clock::now());
  double rate = elapsed > 0 ? static_cast<double>(samples_) / elapsed : 0;
  double per_step = elapsed / static_cast<double>(std::max<int64_t>(1, since_mark_));
  int64_t total = options_.steps ? *options_.steps : options_.epochs * position_.batches;
  std::string place =
      options_.steps ? fmt::format("step {}/{}", step_, total)
                     : fmt::format("epoch {}/{}  {:3.0f} %", epoch_ + 1, options_.epochs,
                                   100.0 * static_cast<double>(in_epoch_) / static_cast<double>(position_.batches));
  const std::string loss = format_loss(loss_sum_ / static_cast<double>(std::max<int64_t>(1, loss_steps_)));
  return fmt::format("{}{}  loss {}  {} samples/s  {} left", options_.label, place, loss, format_count(rate),
                     format_duration(per_step * static_cast<double>(std::max<int64_t>(0, total - step_))));
}

void Run::record() {
  const double training = seconds_between(mark_, Clock::now());
  training_seconds_ += training;
  since_mark_ = 0;
  MetricsRecord r{epoch_,    step_,          loss_steps_ ? loss_sum_ / static_cast<double>(loss_steps_) : 0,
                  kNoNumber, kNoNumber,      0,
                  0,         optimizer_.lr()};
  if (judged_ > 0) r.train_accuracy = static_cast<double>(right_) / static_cast<double>(judged_);
  model_.eval();
  const bool better = judge(r);
  model_.train();
  r.seconds = seconds();
  r.samples_per_second = training > 0 ? static_cast<double>(samples_) / training : 0;
  loss_sum_ = 0, loss_steps_ = samples_ = right_ = judged_ = 0;
  progress_.clear();
  print(r);
  for (MetricsFile& file : metrics_) file.write(r);
  if (schedule_.by_loss) schedule_.by_loss->step(validation_ ? r.validation_loss : r.train_loss);
  // `last` marks the folder as a run's: it is saved first.
  if (folder_ && !has_saved_) save_last();
  if (folder_ && better) save(folder_->best());
  mark_ = Clock::now();
}

// Runs the tests that are due; returns true if the model is the best so far.
bool Run::judge(MetricsRecord& r) {
  auto made = [&](const Test& test, const char* loss) {
    last_ = test();
    check_finite(last_->loss, loss, [&] { return first_not_finite(model_, [&] { (void)test(); }); });
  };
  if (validation_) {
    made(validation_, "validation loss");
    last_is_test_ = false;
    r.validation_loss = last_->loss, r.validation_accuracy = last_->accuracy;
  }
  const Evaluation judging = last_.value_or(Evaluation{});
  if (stopping_) stopping_->step(validation_ ? r.validation_loss : r.train_loss);
  if (!validation_ || complete()) {
    made(test_, "test loss");
    last_is_test_ = true;
    r.test_loss = last_->loss, r.test_accuracy = last_->accuracy;
  }
  const Evaluation& seen = validation_ ? judging : *last_;
  const bool better = seen.accuracy > best_accuracy_ || (seen.accuracy == best_accuracy_ && seen.loss < best_loss_);
  if (!better || std::isnan(seen.loss)) return false;
  best_accuracy_ = seen.accuracy, best_loss_ = seen.loss;
  best_epoch_ = epoch_, best_step_ = step_;
  best_seen_ = seen;
  if (options_.keep_best) best_weights_ = copies_of(model_);
  return true;
}

std::optional<double> Run::take_best() {
  if (best_weights_.empty()) return std::nullopt;
  ModuleUpdate(model_, best_weights_, "the best weights").apply();
  return best_accuracy_;
}

}  // namespace weft::train
