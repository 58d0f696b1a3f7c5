// AdamW: Adam with weight decay separate from the gradient.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class AdamWOptions final : public OptionsOf<AdamWOptions> {
 public:
  AdamWOptions() : OptionsOf(1e-3) {}
  AdamWOptions(double lr) : AdamWOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running mean and of the running square; each in [0, 1).
  WEFT_OPTIM_OPTION(AdamWOptions, Betas, betas, {0.9, 0.999})
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(AdamWOptions, double, eps, 1e-8)
  /// Each step shrinks the parameter by lr * weight_decay; at least 0.
  WEFT_OPTIM_OPTION(AdamWOptions, double, weight_decay, 1e-2)
  /// Divides by the largest running square so far (Reddi et al. 2018).
  WEFT_OPTIM_OPTION(AdamWOptions, bool, amsgrad, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.amsgrad_);
  }
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW: x *= 1 - lr weight_decay, then
/// Adam's update (see Adam) without its weight decay.
class AdamW final : public OptimizerOf<AdamWOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit AdamW(ParamGroups params, const AdamWOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamWOptions& o) const override;
};

}  // namespace weft::optim
