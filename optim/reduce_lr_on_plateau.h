// ReduceLROnPlateau: lowers the rate when a metric stops improving.
#pragma once

#include <limits>
#include <vector>

#include "weft/optim/optimizer.h"
#include "weft/optim/scheduler.h"

namespace weft::optim {

/// Multiplies the rates by `factor` when the metric has not improved for more than `patience` calls, as in PyTorch. It
/// changes the current rates, so it can be combined with set_lr and with other schedulers that run before it.
class ReduceLROnPlateau : public Scheduler {
 public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };

  /// mode: `min` if smaller metrics are better, `max` if larger ones are. threshold: the required improvement, relative
  /// to the best (rel) or as a difference (abs). cooldown: number of calls ignored after a reduction. min_lr: one lower
  /// bound, or one per group. Changes of at most eps are skipped. Throws ValueError unless factor is in (0, 1) and the
  /// others are at least 0.
  explicit ReduceLROnPlateau(Optimizer& optimizer, SchedulerMode mode = min, double factor = 0.1, int64_t patience = 10,
                             double threshold = 1e-4, ThresholdMode threshold_mode = rel, int64_t cooldown = 0,
                             std::vector<double> min_lr = {0}, double eps = 1e-8);
  /// Compares the metric and lowers the rates if necessary. A NaN is no improvement.
  void step(double metric);
  int64_t last_epoch() const { return step_; }
  std::vector<double> get_last_lr() const;

  /// Steps, best metric and counts.
  Metadata state_dict() const override;
  void load_state_dict(const Metadata& saved) override;

 private:
  bool better(double metric) const;
  void reduce();
  Optimizer* optimizer_;
  SchedulerMode mode_;
  double factor_;
  int64_t patience_;
  double threshold_;
  ThresholdMode threshold_mode_;
  int64_t cooldown_;
  std::vector<double> min_lr_;
  double eps_;

  int64_t step_ = 0, bad_ = 0, cooling_ = 0;
  double best_;
};
/// libtorch's name.
using ReduceLROnPlateauScheduler = ReduceLROnPlateau;

}  // namespace weft::optim
