// EarlyStopping: detects when a run no longer improves.
#pragma once

#include <cstdint>

#include "weft/optim/scheduler.h"

namespace weft::train {

/// Monitors a metric, like Keras' callback of the same name:
///
///     train::EarlyStopping stopping(1e-4, 10);
///     ... if (stopping.step(validation_loss)) break;
///     ... if (stopping.improved()) save the best
///
/// It has a saved state like schedulers: pass it to a Checkpoint among them, and a resumed run stops at the same step
/// as an uninterrupted one.
class EarlyStopping : public optim::Scheduler {
 public:
  enum Mode { min, max };  ///< min: smaller metrics are better; max: larger ones are

  /// Stops at the `patience`-th consecutive value that does not improve on the best by more than `min_delta`. Throws
  /// ValueError unless patience is at least 1 and min_delta at least 0.
  explicit EarlyStopping(double min_delta = 0, int64_t patience = 10, Mode mode = min);

  /// Adds the next value; returns true if it is time to stop. A NaN is no improvement.
  bool step(double value);
  bool stopped() const { return waited_ >= patience_; }
  /// True if the last value was the best so far.
  bool improved() const { return steps_ > 0 && best_step_ == steps_; }
  /// The best value; NaN before the first.
  double best() const { return best_; }
  /// The index of the best value, counted from 1; 0 if there is none.
  int64_t best_step() const { return best_step_; }

  Metadata state_dict() const override;
  void load_state_dict(const Metadata& saved) override;

 private:
  double min_delta_;
  int64_t patience_;
  Mode mode_;
  double best_;
  int64_t steps_ = 0, best_step_ = 0, waited_ = 0;
};

}  // namespace weft::train
