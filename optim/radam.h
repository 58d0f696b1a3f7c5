// RAdam: Adam that waits until its running square can be trusted.
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
  /// Weight decay apart from the gradient.
  WEFT_OPTIM_OPTION(RAdamOptions, bool, decoupled_weight_decay, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.decoupled_weight_decay_);
  }
};

/// Adam with a rectified variance (Liu et al. 2020), as torch.optim.RAdam.
class RAdam final : public OptimizerOf<RAdamOptions> {
 public:
  /// Throws ValueError for options outside their range and for what add_param_group refuses.
  explicit RAdam(ParamGroups params, const RAdamOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const RAdamOptions& o) const override;
};

}  // namespace weft::optim
