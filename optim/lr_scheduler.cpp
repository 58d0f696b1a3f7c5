// The schedules, each a formula, and the loop that sets rates.
#include "weft/optim/lr_scheduler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weft::optim {

LRScheduler::LRScheduler(Optimizer& optimizer, const char* name, Schedule rate, Schedule momentum)
    : optimizer_(&optimizer), name_(name), rate_(std::move(rate)), momentum_(std::move(momentum)) {
  for (OptimizerParamGroup& group : optimizer.param_groups())
    if (!group.initial_lr_) group.initial_lr_ = group.lr();
  set_rates();
}

double LRScheduler::base_of(size_t group) const {
  const OptimizerParamGroup& g = optimizer_->param_groups().at(group);
  return g.initial_lr_.value_or(g.lr());
}

double LRScheduler::rate_at(int64_t step, size_t group) const { return rate_(base_of(group), step, group); }

void LRScheduler::set_rates() {
  auto& groups = optimizer_->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double base = base_of(i);
    groups[i].initial_lr_ = base;  // of a group added since
    groups[i].options().set_lr(rate_(base, step_, i));
    if (!momentum_) continue;
    if (double* option = groups[i].options().momentum_option()) *option = momentum_(base, step_, i);
  }
}

void LRScheduler::step() {
  ++step_;
  try {
    set_rates();
  } catch (...) {
    --step_;
    throw;
  }
}

std::vector<double> LRScheduler::get_last_lr() const {
  std::vector<double> out;
  for (const auto& group : optimizer_->param_groups()) out.push_back(group.lr());
  return out;
}

Metadata LRScheduler::state_dict() const {
  Metadata out{{"scheduler", name_}, {"last_epoch", to_text(step_)}};
  const size_t groups = optimizer_->param_groups().size();
  for (size_t i = 0; i < groups; ++i) out[fmt::format("base_lr.{}", i)] = to_text(base_of(i));
  return out;
}

void LRScheduler::load_state_dict(const Metadata& saved) {
  const std::string& kind = text_at(saved, "scheduler");
  check<StateError>(kind == name_, "[{}] the state is of {}", name_, kind);
  auto& groups = optimizer_->param_groups();
  check<StateError>(!saved.count(fmt::format("base_lr.{}", groups.size())),
                    "[{}] the state has more groups than the optimizer's {}", name_, groups.size());
  const int64_t step = int_at(saved, "last_epoch");
  std::vector<double> bases;
  for (size_t i = 0; i < groups.size(); ++i) bases.push_back(double_at(saved, fmt::format("base_lr.{}", i)));
  step_ = step;
  for (size_t i = 0; i < groups.size(); ++i) groups[i].initial_lr_ = bases[i];
}

// Formulas ------------------------------------------------------------------------------------------------------------

namespace {

void require_steps(const char* scheduler, const char* option, int64_t steps) {
  check<ValueError>(steps >= 1, "[{}] {} is {}, expected at least 1", scheduler, option, steps);
}

/// From `from` at part 0 to `to` at part 1 along half a cosine.
double cosine(double from, double to, double part) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * part)) / 2;
}
double linear(double from, double to, double part) { return from + (to - from) * part; }
/// The fraction of `whole` steps completed at step t, at most 1.
double part_of(int64_t t, int64_t whole) {
  return static_cast<double>(std::min(t, whole)) / static_cast<double>(whole);
}

/// The cosine with restarts.
double restarting_cosine(double base, double eta_min, int64_t t, int64_t length, int64_t mult) {
  if (mult == 1) t %= length;
  while (t >= length) {
    t -= length;
    length *= mult;
  }
  return cosine(base, eta_min, part_of(t, length));
}

Schedule step_schedule(int64_t step_size, double gamma) {
  require_steps("StepLR", "step_size", step_size);
  return [=](double base, int64_t t, size_t) { return base * std::pow(gamma, t / step_size); };
}

Schedule milestone_schedule(std::vector<int64_t> milestones, double gamma) {
  std::sort(milestones.begin(), milestones.end());
  return [=](double base, int64_t t, size_t) {
    return base * std::pow(gamma, std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin());
  };
}

Schedule constant_schedule(double factor, int64_t total) {
  check<ValueError>(factor >= 0 && factor <= 1, "[ConstantLR] factor is {}, expected 0 to 1", factor);
  return [=](double base, int64_t t, size_t) { return t < total ? base * factor : base; };
}

Schedule linear_schedule(double start, double end, int64_t total) {
  check<ValueError>(start > 0 && start <= 1, "[LinearLR] start_factor is {}, expected above 0 and at most 1", start);
  check<ValueError>(end >= 0 && end <= 1, "[LinearLR] end_factor is {}, expected 0 to 1", end);
  require_steps("LinearLR", "total_iters", total);
  return [=](double base, int64_t t, size_t) { return base * linear(start, end, part_of(t, total)); };
}

Schedule polynomial_schedule(int64_t total, double power) {
  require_steps("PolynomialLR", "total_iters", total);
  return [=](double base, int64_t t, size_t) { return base * std::pow(1 - part_of(t, total), power); };
}

Schedule cosine_schedule(int64_t T_max, double eta_min) {
  require_steps("CosineAnnealingLR", "T_max", T_max);
  return [=](double base, int64_t t, size_t) {
    return cosine(base, eta_min, static_cast<double>(t) / static_cast<double>(T_max));
  };
}

Schedule restart_schedule(int64_t T_0, int64_t T_mult, double eta_min) {
  require_steps("CosineAnnealingWarmRestarts", "T_0", T_0);
  require_steps("CosineAnnealingWarmRestarts", "T_mult", T_mult);
  return [=](double base, int64_t t, size_t) { return restarting_cosine(base, eta_min, t, T_0, T_mult); };
}

Schedule lambda_schedule(const Optimizer& optimizer, std::vector<std::function<double(int64_t)>> by_group) {
  const size_t groups = optimizer.param_groups().size();
  check<ValueError>(by_group.size() == groups, "[LambdaLR] {} functions for {} parameter groups", by_group.size(),
                    groups);
  return
      [by_group = std::move(by_group)](double base, int64_t t, size_t group) { return base * by_group.at(group)(t); };
}

std::vector<Schedule> schedules_of(const char* name, const std::vector<LRScheduler>& schedulers) {
  check<ValueError>(!schedulers.empty(), "[{}] no schedulers given", name);
  std::vector<Schedule> out;
  for (const LRScheduler& s : schedulers) out.push_back(s.schedule());
  return out;
}

Schedule sequence_schedule(const std::vector<LRScheduler>& schedulers, std::vector<int64_t> milestones) {
  std::vector<Schedule> parts = schedules_of("SequentialLR", schedulers);
  check<ValueError>(milestones.size() + 1 == parts.size(),
                    "[SequentialLR] {} milestones for {} schedulers, expected {}", milestones.size(), parts.size(),
                    parts.size() - 1);
  check<ValueError>(std::is_sorted(milestones.begin(), milestones.end()), "[SequentialLR] milestones must not fall");
  return [parts = std::move(parts), milestones = std::move(milestones)](double base, int64_t t, size_t group) {
    const auto i = static_cast<size_t>(std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin());
    return parts[i](base, i ? t - milestones[i - 1] : t, group);
  };
}

Schedule chain_schedule(const std::vector<LRScheduler>& schedulers) {
  return [parts = schedules_of("ChainedScheduler", schedulers)](double base, int64_t t, size_t group) {
    for (const Schedule& part : parts) base = part(base, t, group);
    return base;
  };
}

/// One phase of OneCycleLR: it ends at step `end` (possibly fractional, from pct_start).
struct Phase {
  double end, from, to;
};

Schedule phase_schedule(const OneCycleLROptions& o, double low, double high, double last) {
  const double total = static_cast<double>(o.total_steps()), rise = o.pct_start() * total;
  std::vector<Phase> phases{{rise - 1, low, high}, {total - 1, high, last}};
  if (o.three_phase()) phases = {{rise - 1, low, high}, {2 * rise - 2, high, low}, {total - 1, low, last}};
  const auto between = o.anneal_strategy() == Anneal::Cosine ? cosine : linear;
  return [phases, between, steps = o.total_steps()](double, int64_t t, size_t) {
    check<StateError>(t <= steps, "[OneCycleLR] step {} of {}", t, steps);
    const auto at = static_cast<double>(std::min(t, steps - 1));
    double start = 0;
    for (const Phase& p : phases) {
      if (at <= p.end) return p.end > start ? between(p.from, p.to, (at - start) / (p.end - start)) : p.to;
      start = p.end;
    }
    return phases.back().to;
  };
}

void check_one_cycle(const Optimizer& optimizer, const OneCycleLROptions& o) {
  require_steps("OneCycleLR", "total_steps", o.total_steps());
  check<ValueError>(o.pct_start() >= 0 && o.pct_start() <= 1, "[OneCycleLR] pct_start is {}, expected 0 to 1",
                    o.pct_start());
  check<ValueError>(o.div_factor() > 0 && o.final_div_factor() > 0,
                    "[OneCycleLR] div_factor {} and final_div_factor {} "
                    "must be above 0",
                    o.div_factor(), o.final_div_factor());
  const size_t groups = optimizer.param_groups().size(), given = o.max_lr().size();
  check<ValueError>(given == 1 || given == groups, "[OneCycleLR] {} values of max_lr for {} parameter groups", given,
                    groups);
  for (double lr : o.max_lr()) check_not_negative("OneCycleLR", "max_lr", lr);
}

Schedule one_cycle_rate(const Optimizer& optimizer, const OneCycleLROptions& o) {
  check_one_cycle(optimizer, o);
  std::vector<Schedule> by_group;
  for (double high : o.max_lr()) {
    const double low = high / o.div_factor();
    by_group.push_back(phase_schedule(o, low, high, low / o.final_div_factor()));
  }
  return [by_group](double base, int64_t t, size_t group) {
    return by_group[by_group.size() == 1 ? 0 : group](base, t, group);
  };
}

Schedule one_cycle_momentum(Optimizer& optimizer, const OneCycleLROptions& o) {
  if (!o.cycle_momentum()) return {};
  check<ValueError>(optimizer.defaults().momentum_option(),
                    "[OneCycleLR] {} has no momentum to cycle: pass cycle_momentum(false)", optimizer.name());
  return phase_schedule(o, o.max_momentum(), o.base_momentum(), o.max_momentum());
}

Schedule warmup_cosine_schedule(const WarmupCosineLROptions& o) {
  const int64_t warmup = o.warmup_steps(), total = o.total_steps(), every = o.restart_every();
  check<ValueError>(warmup >= 0 && warmup < total,
                    "[WarmupCosineLR] warmup_steps is {}, expected 0 to total_steps {} - 1", warmup, total);
  check<ValueError>(every >= 0, "[WarmupCosineLR] restart_every is {}, expected at least 0", every);
  require_steps("WarmupCosineLR", "restart_mult", o.restart_mult());
  check<ValueError>(o.start_factor() <= 1, "[WarmupCosineLR] start_factor is {}, expected at most 1", o.start_factor());
  const std::vector<double>& factors = o.factors();
  check<ValueError>(factors.empty() || static_cast<int64_t>(factors.size()) == warmup,
                    "[WarmupCosineLR] {} factors for {} steps of warm-up", factors.size(), warmup);

  const int64_t before = factors.empty() ? warmup : 0;  // steps before the cosine
  const double start = o.start_factor() < 0 ? 1 / static_cast<double>(warmup + 1) : o.start_factor();
  return [=, eta_min = o.eta_min(), mult = o.restart_mult()](double base, int64_t t, size_t) {
    if (t < before) return base * linear(start, 1, part_of(t, warmup));
    const double rate = every ? restarting_cosine(base, eta_min, t - before, every, mult)
                              : cosine(base, eta_min, part_of(t - before, total - before));
    return t < static_cast<int64_t>(factors.size()) ? rate * factors[static_cast<size_t>(t)] : rate;
  };
}

}  // namespace

StepLR::StepLR(Optimizer& optimizer, int64_t step_size, double gamma)
    : LRScheduler(optimizer, "StepLR", step_schedule(step_size, gamma)) {}
MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<int64_t> milestones, double gamma)
    : LRScheduler(optimizer, "MultiStepLR", milestone_schedule(std::move(milestones), gamma)) {}
ConstantLR::ConstantLR(Optimizer& optimizer, double factor, int64_t total_iters)
    : LRScheduler(optimizer, "ConstantLR", constant_schedule(factor, total_iters)) {}
LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor, int64_t total_iters)
    : LRScheduler(optimizer, "LinearLR", linear_schedule(start_factor, end_factor, total_iters)) {}
ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : LRScheduler(optimizer, "ExponentialLR",
                  [=](double base, int64_t t, size_t) { return base * std::pow(gamma, t); }) {}
PolynomialLR::PolynomialLR(Optimizer& optimizer, int64_t total_iters, double power)
    : LRScheduler(optimizer, "PolynomialLR", polynomial_schedule(total_iters, power)) {}
CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min)
    : LRScheduler(optimizer, "CosineAnnealingLR", cosine_schedule(T_max, eta_min)) {}
CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, int64_t T_0, int64_t T_mult,
                                                         double eta_min)
    : LRScheduler(optimizer, "CosineAnnealingWarmRestarts", restart_schedule(T_0, T_mult, eta_min)) {}
LambdaLR::LambdaLR(Optimizer& optimizer, std::function<double(int64_t)> f)
    : LRScheduler(optimizer, "LambdaLR", [f = std::move(f)](double base, int64_t t, size_t) { return base * f(t); }) {}
LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<std::function<double(int64_t)>> by_group)
    : LRScheduler(optimizer, "LambdaLR", lambda_schedule(optimizer, std::move(by_group))) {}
SequentialLR::SequentialLR(Optimizer& optimizer, std::vector<LRScheduler> schedulers, std::vector<int64_t> milestones)
    : LRScheduler(optimizer, "SequentialLR", sequence_schedule(schedulers, std::move(milestones))) {}
ChainedScheduler::ChainedScheduler(Optimizer& optimizer, std::vector<LRScheduler> schedulers)
    : LRScheduler(optimizer, "ChainedScheduler", chain_schedule(schedulers)) {}
OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options)
    : LRScheduler(optimizer, "OneCycleLR", one_cycle_rate(optimizer, options), one_cycle_momentum(optimizer, options)) {
}
WarmupCosineLR::WarmupCosineLR(Optimizer& optimizer, const WarmupCosineLROptions& options)
    : LRScheduler(optimizer, "WarmupCosineLR", warmup_cosine_schedule(options)) {}

}  // namespace weft::optim
