#include "weft/train/early_stopping.h"

#include <cmath>
#include <limits>

namespace weft::train {

EarlyStopping::EarlyStopping(double min_delta, int64_t patience, Mode mode)
    : min_delta_(min_delta), patience_(patience), mode_(mode), best_(std::numeric_limits<double>::quiet_NaN()) {
  check<ValueError>(min_delta >= 0 && std::isfinite(min_delta), "[EarlyStopping] min_delta is at least 0, not {}",
                    min_delta);
  check<ValueError>(patience >= 1, "[EarlyStopping] patience is at least 1, not {}", patience);
}

bool EarlyStopping::step(double value) {
  ++steps_;
  const double gain = mode_ == min ? best_ - value : value - best_;
  if (best_step_ == 0 ? !std::isnan(value) : gain > min_delta_) {
    best_ = value;
    best_step_ = steps_;
    waited_ = 0;
  } else {
    ++waited_;
  }
  return stopped();
}

Metadata EarlyStopping::state_dict() const {
  Metadata out{{"scheduler", "EarlyStopping"},
               {"steps", to_text(steps_)},
               {"best_step", to_text(best_step_)},
               {"waited", to_text(waited_)}};
  if (best_step_ > 0) out["best"] = to_text(best_);
  return out;
}

void EarlyStopping::load_state_dict(const Metadata& saved) {
  const std::string& kind = text_at(saved, "scheduler");
  check<StateError>(kind == "EarlyStopping", "[EarlyStopping] a state of {}", kind);
  const int64_t steps = int_at(saved, "steps"), best_step = int_at(saved, "best_step"),
                waited = int_at(saved, "waited");
  check<StateError>(0 <= best_step && best_step <= steps && waited == steps - best_step,
                    "[EarlyStopping] a state of {} steps, the best the {}., {} waited", steps, best_step, waited);
  best_ = best_step > 0 ? double_at(saved, "best") : std::numeric_limits<double>::quiet_NaN();
  steps_ = steps, best_step_ = best_step, waited_ = waited;
}

}  // namespace weft::train
