// EarlyStopping: when a run has stopped to get better.
#pragma once

#include <cstdint>

#include "weft/optim/scheduler.h"

namespace weft::train {

/// Watches a metric, as Keras' callback of that name:
///
///     train::EarlyStopping stopping(1e-4, 10);
///     ... if (stopping.step(validation_loss)) break;
///     ... if (stopping.improved()) save the best
///
/// It saves its state as schedulers do, so a Checkpoint takes it among them and a resumed run stops where the whole one
/// would have.
class EarlyStopping : public optim::Scheduler {
 public:
  enum Mode { min, max };  ///< whether a better metric is smaller or larger

  /// Stops at the `patience`-th value in a row that is not better than the best by more than `min_delta`. Throws
  /// ValueError unless patience is at least 1 and min_delta at least 0.
  explicit EarlyStopping(double min_delta = 0, int64_t patience = 10, Mode mode = min);

  /// Takes the next value; true when it is time to stop. A NaN is no improvement.
  bool step(double value);
  bool stopped() const { return waited_ >= patience_; }
  /// Whether the last value was the best so far.
  bool improved() const { return steps_ > 0 && best_step_ == steps_; }
  /// The best value; NaN before the first.
  double best() const { return best_; }
  /// Which value was the best, counted from 1; 0 when there is none.
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
