// ReduceLROnPlateau: lowers the rate when a metric stops to improve.
#pragma once

#include <limits>
#include <vector>

#include "weft/optim/optimizer.h"
#include "weft/optim/scheduler.h"

namespace weft::optim {

/// Multiplies the rates by `factor` when the metric has not improved for more than `patience` calls, as PyTorch's. It
/// works on the rates as they are, so it goes together with set_lr and with other schedulers that run before it.
class ReduceLROnPlateau : public Scheduler {
 public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };

  /// mode: whether a better metric is smaller or larger. threshold: how much better counts, as a part of the best (rel)
  /// or as a difference (abs). cooldown: calls after a reduction that are not judged. min_lr: one bound, or one per
  /// group. A change by at most eps is not made. Throws ValueError unless factor is in (0, 1) and the others at least
  /// 0.
  explicit ReduceLROnPlateau(Optimizer& optimizer, SchedulerMode mode = min, double factor = 0.1, int64_t patience = 10,
                             double threshold = 1e-4, ThresholdMode threshold_mode = rel, int64_t cooldown = 0,
                             std::vector<double> min_lr = {0}, double eps = 1e-8);
  /// Judges the metric and lowers the rates if it is time. A NaN is no improvement.
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
