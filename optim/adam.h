// Adam: scales each parameter's step by running moments of its gradient.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class AdamOptions final : public OptionsOf<AdamOptions> {
 public:
  AdamOptions() : OptionsOf(1e-3) {}
  AdamOptions(double lr) : AdamOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running mean and of the running square; each in [0, 1).
  WEFT_OPTIM_OPTION(AdamOptions, Betas, betas, {0.9, 0.999})
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(AdamOptions, double, eps, 1e-8)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(AdamOptions, double, weight_decay, 0)
  /// Divides by the largest running square so far (Reddi et al. 2018).
  WEFT_OPTIM_OPTION(AdamOptions, bool, amsgrad, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.amsgrad_);
  }
};

/// Adam (Kingma and Ba 2015), as torch.optim.Adam. With g += weight_decay x, at step t = 1, 2, ...:
///
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     x -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
class Adam final : public OptimizerOf<AdamOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit Adam(ParamGroups params, const AdamOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamOptions& o) const override;
};

}  // namespace weft::optim
