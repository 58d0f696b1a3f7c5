// Learning-rate schedulers: each is one formula for the rate at a step.
#pragma once

#include <functional>
#include <vector>

#include "weft/optim/optimizer.h"
#include "weft/optim/scheduler.h"

namespace weft::optim {

/// The value for a parameter group at a step, as a function of the group's base rate. Steps count from 0.
using Schedule = std::function<double(double base, int64_t step, size_t group)>;

/// Base of the schedulers: sets the learning rate of every group to a schedule's value, on construction for step 0 and
/// then at each step(). The base rate of a group is its rate when its first scheduler was constructed, or the last one
/// set by set_lr. A scheduler keeps a reference to the optimizer.
///
/// Schedulers are values that hold a schedule and a count, so they compose: SequentialLR and ChainedScheduler take
/// schedulers made for the same optimizer. A custom one is `LRScheduler(optimizer, "Mine", [](double base, int64_t
/// step, size_t) { return ...; })`. As in PyTorch, call optimizer.step() before scheduler.step().
class LRScheduler : public Scheduler {
 public:
  /// `momentum`, if given, is the schedule of the momentum or first beta.
  LRScheduler(Optimizer& optimizer, const char* name, Schedule rate, Schedule momentum = {});

  /// Advances by one step and sets the rates.
  void step();
  /// Steps taken so far.
  int64_t last_epoch() const { return step_; }
  /// The current rates of the groups.
  std::vector<double> get_last_lr() const;
  /// The rate of a group at any step, without setting it.
  double rate_at(int64_t step, size_t group = 0) const;
  const Schedule& schedule() const { return rate_; }
  const char* name() const { return name_; }

  /// Kind, step and base rates. The current rates belong to the optimizer and are saved with it.
  Metadata state_dict() const override;
  /// Throws StateError for a state of another kind or number of groups.
  void load_state_dict(const Metadata& saved) override;

 private:
  void set_rates();
  double base_of(size_t group) const;
  Optimizer* optimizer_;
  const char* name_;
  Schedule rate_, momentum_;
  int64_t step_ = 0;
};

// In the following classes t is the step and base the group's base rate. Arguments out of range throw ValueError.

/// base * gamma^(t / step_size), the quotient rounded down.
struct StepLR : LRScheduler {
  StepLR(Optimizer& optimizer, int64_t step_size, double gamma = 0.1);
};

/// base * gamma^(number of milestones up to t).
struct MultiStepLR : LRScheduler {
  MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma = 0.1);
};

/// base * factor before step total_iters, base from then on.
struct ConstantLR : LRScheduler {
  explicit ConstantLR(Optimizer& optimizer, double factor = 1.0 / 3, int64_t total_iters = 5);
};

/// base times a factor that changes linearly from start_factor to end_factor in total_iters steps, then stays constant.
struct LinearLR : LRScheduler {
  explicit LinearLR(Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1,
                    int64_t total_iters = 5);
};

/// base * gamma^t.
struct ExponentialLR : LRScheduler {
  ExponentialLR(Optimizer& optimizer, double gamma);
};

/// base * (1 - t / total_iters)^power, 0 from step total_iters on.
struct PolynomialLR : LRScheduler {
  explicit PolynomialLR(Optimizer& optimizer, int64_t total_iters = 5, double power = 1);
};

/// eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2. As in PyTorch it continues after T_max: it returns to base
/// at 2 * T_max, and so on.
struct CosineAnnealingLR : LRScheduler {
  CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min = 0);
};

/// Half a cosine from base to eta_min, repeated: the first takes T_0 steps, each further one T_mult times as many
/// (Loshchilov and Hutter 2017).
struct CosineAnnealingWarmRestarts : LRScheduler {
  CosineAnnealingWarmRestarts(Optimizer& optimizer, int64_t T_0, int64_t T_mult = 1, double eta_min = 0);
};

/// base * f(t), with one function for all groups or one for each.
struct LambdaLR : LRScheduler {
  LambdaLR(Optimizer& optimizer, std::function<double(int64_t step)> f);
  LambdaLR(Optimizer& optimizer, std::vector<std::function<double(int64_t step)>> by_group);
};

/// schedulers[0] until milestones[0], then schedulers[1] counting from 0, and so on. There is one milestone less than
/// schedulers.
struct SequentialLR : LRScheduler {
  SequentialLR(Optimizer& optimizer, std::vector<LRScheduler> schedulers, std::vector<int64_t> milestones);
};

/// Each scheduler takes the rate of the previous one as its base, so factors multiply: {CosineAnnealingLR, LambdaLR} is
/// a cosine times a function.
struct ChainedScheduler : LRScheduler {
  ChainedScheduler(Optimizer& optimizer, std::vector<LRScheduler> schedulers);
};

enum class Anneal { Cosine, Linear };

/// Options of OneCycleLR. max_lr: one value, or one per group.
class OneCycleLROptions {
 public:
  OneCycleLROptions(double max_lr, int64_t total_steps) : max_lr_{max_lr}, total_steps_(total_steps) {}
  OneCycleLROptions(std::vector<double> max_lr, int64_t total_steps)
      : max_lr_(std::move(max_lr)), total_steps_(total_steps) {}
#define WEFT_OPTIM_SCHEDULE_OPTION(Self, type, option, standard) \
  Self& option(type value) { return option##_ = value, *this; }  \
  const type& option() const { return option##_; }               \
                                                                 \
 private:                                                        \
  type option##_ = standard;                                     \
                                                                 \
 public:
  /// The fraction of the steps in which the rate rises; in [0, 1].
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, double, pct_start, 0.3)
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, Anneal, anneal_strategy, Anneal::Cosine)
  /// Varies the momentum, or the first beta, inversely to the rate between base_momentum and max_momentum.
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, bool, cycle_momentum, true)
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, double, base_momentum, 0.85)
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, double, max_momentum, 0.95)
  /// The rate starts at max_lr / div_factor and ends at that value divided by final_div_factor.
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, double, div_factor, 25)
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, double, final_div_factor, 1e4)
  /// Falls back to the initial rate in as many steps as it rose, and only then to the final rate.
  WEFT_OPTIM_SCHEDULE_OPTION(OneCycleLROptions, bool, three_phase, false)
  const std::vector<double>& max_lr() const { return max_lr_; }
  int64_t total_steps() const { return total_steps_; }

 private:
  std::vector<double> max_lr_;
  int64_t total_steps_;
};

/// Rises to max_lr and falls again within total_steps, regardless of the base rate (Smith and Topin 2018), as in
/// PyTorch. Throws ValueError if momentum is to be cycled and the optimizer has none, and StateError for a step beyond
/// total_steps.
struct OneCycleLR : LRScheduler {
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options);
  OneCycleLR(Optimizer& optimizer, double max_lr, int64_t total_steps)
      : OneCycleLR(optimizer, OneCycleLROptions(max_lr, total_steps)) {}
};

/// Options of WarmupCosineLR.
class WarmupCosineLROptions {
 public:
  /// warmup_steps of warm-up, then a cosine that ends at total_steps, which must be larger.
  WarmupCosineLROptions(int64_t warmup_steps, int64_t total_steps)
      : warmup_steps_(warmup_steps), total_steps_(total_steps) {}
  /// The lowest rate.
  WEFT_OPTIM_SCHEDULE_OPTION(WarmupCosineLROptions, double, eta_min, 0)
  /// The factor of step 0; a negative value means 1 / (warmup_steps + 1), as on a line that is 0 at step -1.
  WEFT_OPTIM_SCHEDULE_OPTION(WarmupCosineLROptions, double, start_factor, -1)
  /// Restarts: the first cosine takes this many steps, each further one restart_mult times as many; 0 is one cosine
  /// that stays at eta_min from total_steps on.
  WEFT_OPTIM_SCHEDULE_OPTION(WarmupCosineLROptions, int64_t, restart_every, 0)
  WEFT_OPTIM_SCHEDULE_OPTION(WarmupCosineLROptions, int64_t, restart_mult, 1)
  /// Factors for the first steps of the cosine, which then begins at step 0, instead of a linear warm-up before it.
  /// warmup_steps must be their number.
  WEFT_OPTIM_SCHEDULE_OPTION(WarmupCosineLROptions, std::vector<double>, factors, {})
  int64_t warmup_steps() const { return warmup_steps_; }
  int64_t total_steps() const { return total_steps_; }
#undef WEFT_OPTIM_SCHEDULE_OPTION

 private:
  int64_t warmup_steps_, total_steps_;
};

/// Linear warm-up to the base rate, then half a cosine down to eta_min, once or with restarts.
struct WarmupCosineLR : LRScheduler {
  WarmupCosineLR(Optimizer& optimizer, const WarmupCosineLROptions& options);
  WarmupCosineLR(Optimizer& optimizer, int64_t warmup_steps, int64_t total_steps, double eta_min = 0)
      : WarmupCosineLR(optimizer, WarmupCosineLROptions(warmup_steps, total_steps).eta_min(eta_min)) {}
};

}  // namespace weft::optim

#include "weft/optim/reduce_lr_on_plateau.h"  // the only scheduler without a formula
