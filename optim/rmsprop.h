// RMSprop: divides the gradient by the root of its running square.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class RMSpropOptions final : public OptionsOf<RMSpropOptions> {
 public:
  RMSpropOptions() : OptionsOf(1e-2) {}
  RMSpropOptions(double lr) : RMSpropOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running square; at least 0.
  WEFT_OPTIM_OPTION(RMSpropOptions, double, alpha, 0.99)
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(RMSpropOptions, double, eps, 1e-8)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(RMSpropOptions, double, weight_decay, 0)
  /// Momentum of the step; at least 0.
  WEFT_OPTIM_OPTION(RMSpropOptions, double, momentum, 0)
  /// Divides by the running standard deviation instead.
  WEFT_OPTIM_OPTION(RMSpropOptions, bool, centered, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.alpha_, self.eps_, self.weight_decay_, self.momentum_, self.centered_);
  }
};

/// RMSprop (Tieleman and Hinton 2012; centered: Graves 2013), as torch.optim.RMSprop. With g += weight_decay x:
///
///     v = alpha v + (1 - alpha) g^2
///     d = g / (sqrt(v) + eps); centered: d = g / (sqrt(v - a^2) + eps) with a = alpha a + (1 - alpha) g
///     b = momentum b + d
///     x -= lr b
class RMSprop final : public OptimizerOf<RMSpropOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit RMSprop(ParamGroups params, const RMSpropOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const RMSpropOptions& o) const override;
};

}  // namespace weft::optim
