// The counting of ReduceLROnPlateau.
#include "weft/optim/reduce_lr_on_plateau.h"

#include <algorithm>

namespace weft::optim {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, SchedulerMode mode, double factor, int64_t patience,
                                     double threshold, ThresholdMode threshold_mode, int64_t cooldown,
                                     std::vector<double> min_lr, double eps)
    : optimizer_(&optimizer),
      mode_(mode),
      factor_(factor),
      patience_(patience),
      threshold_(threshold),
      threshold_mode_(threshold_mode),
      cooldown_(cooldown),
      min_lr_(std::move(min_lr)),
      eps_(eps),
      best_(mode == min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity()) {
  check<ValueError>(factor > 0 && factor < 1, "[ReduceLROnPlateau] factor is {}, expected above 0 and below 1", factor);
  check_not_negative("ReduceLROnPlateau", "patience", static_cast<double>(patience));
  check_not_negative("ReduceLROnPlateau", "cooldown", static_cast<double>(cooldown));
  check_not_negative("ReduceLROnPlateau", "threshold", threshold);
  check_not_negative("ReduceLROnPlateau", "eps", eps);
  const size_t groups = optimizer.param_groups().size();
  if (min_lr_.empty()) min_lr_ = {0};
  check<ValueError>(min_lr_.size() == 1 || min_lr_.size() == groups,
                    "[ReduceLROnPlateau] {} values of min_lr for {} parameter groups", min_lr_.size(), groups);
  for (double lr : min_lr_) check_not_negative("ReduceLROnPlateau", "min_lr", lr);
}

bool ReduceLROnPlateau::better(double metric) const {
  const double margin = threshold_mode_ == rel ? best_ * threshold_ : threshold_;
  // An infinite best value has no margin: inf * 0 would be NaN.
  if (best_ == std::numeric_limits<double>::infinity() || best_ == -std::numeric_limits<double>::infinity())
    return mode_ == min ? metric < best_ : metric > best_;
  return mode_ == min ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceLROnPlateau::step(double metric) {
  ++step_;
  if (better(metric)) {
    best_ = metric;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  if (bad_ > patience_) {
    reduce();
    cooling_ = cooldown_;
    bad_ = 0;
  }
}

void ReduceLROnPlateau::reduce() {
  auto& groups = optimizer_->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double old = groups[i].lr(), lr = std::max(old * factor_, min_lr_[min_lr_.size() == 1 ? 0 : i]);
    if (old - lr > eps_) groups[i].options().set_lr(lr);
  }
}

std::vector<double> ReduceLROnPlateau::get_last_lr() const {
  std::vector<double> out;
  for (const auto& group : optimizer_->param_groups()) out.push_back(group.lr());
  return out;
}

Metadata ReduceLROnPlateau::state_dict() const {
  return {{"scheduler", "ReduceLROnPlateau"},
          {"last_epoch", to_text(step_)},
          {"best", to_text(best_)},
          {"num_bad_epochs", to_text(bad_)},
          {"cooldown_counter", to_text(cooling_)}};
}

void ReduceLROnPlateau::load_state_dict(const Metadata& saved) {
  const std::string& kind = text_at(saved, "scheduler");
  check<StateError>(kind == "ReduceLROnPlateau", "[ReduceLROnPlateau] the state is of {}", kind);
  const int64_t steps = int_at(saved, "last_epoch"), bad = int_at(saved, "num_bad_epochs");
  const int64_t cooling = int_at(saved, "cooldown_counter");
  const double best = double_at(saved, "best");
  best_ = best, step_ = steps, bad_ = bad, cooling_ = cooling;
}

}  // namespace weft::optim
