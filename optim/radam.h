// RAdam: Adam that rectifies the variance of its early steps.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class RAdamOptions final : public OptionsOf<RAdamOptions> {
 public:
  RAdamOptions() : OptionsOf(1e-3) {}
  RAdamOptions(double lr) : RAdamOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running mean and of the running square; each in [0, 1).
  WEFT_OPTIM_OPTION(RAdamOptions, Betas, betas, {0.9, 0.999})
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(RAdamOptions, double, eps, 1e-8)
  /// L2 penalty, or decay as in AdamW when decoupled; at least 0.
  WEFT_OPTIM_OPTION(RAdamOptions, double, weight_decay, 0)
  /// Applies weight decay to the parameter instead of the gradient.
  WEFT_OPTIM_OPTION(RAdamOptions, bool, decoupled_weight_decay, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.decoupled_weight_decay_);
  }
};

/// Adam with a rectified variance (Liu et al. 2020), as torch.optim.RAdam. With g += weight_decay x and m, v as in
/// Adam, at step t = 1, 2, ...:
///
///     r_inf = 2 / (1 - beta2) - 1, r = r_inf - 2 t beta2^t / (1 - beta2^t)
///     x -= lr m / (1 - beta1^t) c sqrt(1 - beta2^t) / (sqrt(v) + eps)   if r > 5, with
///          c = sqrt((r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r))
///     x -= lr m / (1 - beta1^t)                                         else
class RAdam final : public OptimizerOf<RAdamOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit RAdam(ParamGroups params, const RAdamOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const RAdamOptions& o) const override;
};

}  // namespace weft::optim
