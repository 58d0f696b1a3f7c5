#include "weft/train/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

// CK#include "weft/train/checkpoint.h"

namespace weft::train {
namespace {

constexpr int64_t kStepsPerRecord = 100;

volatile std::sig_atomic_t g_interrupted = 0;
extern "C" void on_interrupt(int) {
  g_interrupted = 1;
  std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends the program at once
}

// A run of hours must not end with nothing because its file has no place.
void check_writable(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  check<IoError>(access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0,
                 "[save] '{}' cannot be written there: {}", path, std::strerror(errno));
  check<IoError>(!std::filesystem::is_directory(path), "[save] '{}' is a folder", path);
}

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

Run::Run(RunOptions options, nn::Module& model, optim::Optimizer& optimizer, Position position,
         std::function<Evaluation()> test, optim::LRScheduler* scheduler)
    : options_(std::move(options)),
      model_(model),
      optimizer_(optimizer),
      position_(std::move(position)),
      test_(std::move(test)),
      scheduler_(scheduler) {
  check<ValueError>(options_.epochs >= 1, "[train] --epochs must be at least 1, got {}", options_.epochs);
  check<ValueError>(!options_.steps || *options_.steps >= 1, "[train] --steps must be at least 1, got {}",
                    options_.steps.value_or(0));
  if (options_.save) check_writable(*options_.save);
  if (options_.resume) resume();
  if (options_.metrics) metrics_ = std::make_unique<MetricsFile>(*options_.metrics, options_.resume.has_value());
  g_interrupted = 0;
  std::signal(SIGINT, on_interrupt);
  began_ = mark_ = Clock::now();
}

Run::~Run() { std::signal(SIGINT, SIG_DFL); }

double Run::seconds() const { return earlier_seconds_ + seconds_between(began_, Clock::now()); }

bool Run::over() const { return g_interrupted || (options_.steps && step_ >= *options_.steps); }

bool Run::next_epoch() {
  if (std::exchange(inside_, false) && !over()) {
    ++epoch_;
    in_epoch_ = 0;
    if (!options_.steps) report();
  }
  if (over() || (!options_.steps && epoch_ >= options_.epochs)) return false;
  inside_ = true;
  model_.train();
  mark_ = Clock::now();
  return true;
}

bool Run::step(const Tensor& loss, int64_t samples) {
  ++step_, ++in_epoch_, ++loss_steps_;
  samples_ += samples;
  double value = loss.item<double>();
  loss_sum_ += value;
  if (scheduler_) scheduler_->step();
  progress_.show([&] { return status(value); });
  if (options_.steps && (step_ % kStepsPerRecord == 0 || step_ == *options_.steps)) report();
  return !over();
}

std::string Run::status(double loss) const {
  double elapsed = seconds_between(mark_, Clock::now());
  double rate = elapsed > 0 ? static_cast<double>(samples_) / elapsed : 0;
  double per_step = elapsed / static_cast<double>(std::max<int64_t>(1, loss_steps_));
  int64_t total = options_.steps ? *options_.steps : options_.epochs * position_.batches;
  std::string place =
      options_.steps ? fmt::format("step {}/{}", step_, total)
                     : fmt::format("epoch {}/{}  {:3.0f} %", epoch_ + 1, options_.epochs,
                                   100.0 * static_cast<double>(in_epoch_) / static_cast<double>(position_.batches));
  return fmt::format("{}  loss {:.4f}  {} samples/s  {} left", place, loss, format_count(rate),
                     format_duration(per_step * static_cast<double>(std::max<int64_t>(0, total - step_))));
}

void Run::report() {
  double training = seconds_between(mark_, Clock::now());
  model_.eval();
  last_ = test_();
  model_.train();
  MetricsRecord r{
      epoch_,          step_,     loss_steps_ ? loss_sum_ / static_cast<double>(loss_steps_) : 0, last_->loss,
      last_->accuracy, seconds(), training > 0 ? static_cast<double>(samples_) / training : 0,    optimizer_.lr()};
  progress_.clear();
  std::string place = options_.steps ? fmt::format("step {}/{}", step_, *options_.steps)
                                     : fmt::format("epoch {}/{}", epoch_, options_.epochs);
  fmt::print("{}: train loss {:.4f}, test loss {:.4f}, test accuracy {:.2f} %, {} samples/s, {}\n", place, r.train_loss,
             r.test_loss, 100 * r.test_accuracy, format_count(r.samples_per_second), format_duration(r.seconds));
  std::fflush(stdout);
  if (metrics_) metrics_->write(r);
  loss_sum_ = 0, loss_steps_ = samples_ = 0;
  mark_ = Clock::now();
}

Evaluation Run::finish() {
  progress_.clear();
  if (g_interrupted) {
    // The checkpoint must hold the run as it stands; a half epoch is tested only where nothing else tells its state.
    fmt::print("interrupted after step {}\n", step_);
  } else if (!last_) {
    model_.eval();
    last_ = test_();
    fmt::print("test loss {:.4f}, test accuracy {:.2f} %\n", last_->loss, 100 * last_->accuracy);
  }
  if (options_.save) save();
  model_.eval();
  return last_.value_or(Evaluation{});
}

Checkpoint Run::checkpoint() const {
  std::vector<optim::Scheduler*> schedulers;
  if (scheduler_) schedulers.push_back(scheduler_);
  return Checkpoint(model_, &optimizer_, schedulers);
}

void Run::save() const {
  Checkpoint c = checkpoint();
  c.epoch = epoch_, c.step = step_, c.position = position_.state();
  c.metadata = {{"run.in_epoch", fmt::format("{}", in_epoch_)},
                {"run.loss_sum", fmt::format("{}", loss_sum_)},
                {"run.loss_steps", fmt::format("{}", loss_steps_)},
                {"run.seconds", fmt::format("{}", seconds())}};
  c.save(*options_.save);
}

void Run::resume() {
  Checkpoint c = checkpoint();
  c.load(*options_.resume);
  check<IoError>(c.position.defined() && c.metadata.contains("run.in_epoch"),
                 "[resume] {} holds weights, but not the state of a training run", *options_.resume);
  position_.load(c.position);
  epoch_ = c.epoch, step_ = c.step;
  auto number = [&](const char* key) { return std::strtod(c.metadata[key].c_str(), nullptr); };
  in_epoch_ = static_cast<int64_t>(number("run.in_epoch"));
  loss_sum_ = number("run.loss_sum"), loss_steps_ = static_cast<int64_t>(number("run.loss_steps"));
  earlier_seconds_ = number("run.seconds");
  fmt::print("resuming after epoch {}, step {}\n", epoch_, step_);
}

}  // namespace weft::train
