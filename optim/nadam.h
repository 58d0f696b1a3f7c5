// NAdam: Adam with Nesterov momentum.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class NAdamOptions final : public OptionsOf<NAdamOptions> {
 public:
  NAdamOptions() : OptionsOf(2e-3) {}
  NAdamOptions(double lr) : NAdamOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running mean and of the running square; each in [0, 1).
  WEFT_OPTIM_OPTION(NAdamOptions, Betas, betas, {0.9, 0.999})
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(NAdamOptions, double, eps, 1e-8)
  /// L2 penalty, or decay as in AdamW when decoupled; at least 0.
  WEFT_OPTIM_OPTION(NAdamOptions, double, weight_decay, 0)
  /// Speed at which the momentum approaches beta1; at least 0.
  WEFT_OPTIM_OPTION(NAdamOptions, double, momentum_decay, 4e-3)
  /// Applies weight decay to the parameter instead of the gradient.
  WEFT_OPTIM_OPTION(NAdamOptions, bool, decoupled_weight_decay, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.momentum_decay_, self.decoupled_weight_decay_);
  }
};

/// Adam with Nesterov momentum (Dozat 2016), as torch.optim.NAdam. With g += weight_decay x, at step t = 1, 2, ...:
///
///     mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), p_t = mu_1 ... mu_t
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     x -= lr ((1 - mu_t) / (1 - p_t) g + mu_{t+1} / (1 - p_{t+1}) m) / (sqrt(v / (1 - beta2^t)) + eps)
class NAdam final : public OptimizerOf<NAdamOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit NAdam(ParamGroups params, const NAdamOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const NAdamOptions& o) const override;
};

}  // namespace weft::optim
