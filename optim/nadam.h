// NAdam: Adam with Nesterov's look ahead.
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
  /// How fast the momentum reaches its full size; at least 0.
  WEFT_OPTIM_OPTION(NAdamOptions, double, momentum_decay, 4e-3)
  /// Weight decay apart from the gradient.
  WEFT_OPTIM_OPTION(NAdamOptions, bool, decoupled_weight_decay, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_, self.momentum_decay_, self.decoupled_weight_decay_);
  }
};

/// Adam with Nesterov momentum (Dozat 2016), as torch.optim.NAdam.
class NAdam final : public OptimizerOf<NAdamOptions> {
 public:
  /// Throws ValueError for options outside their range and for what add_param_group refuses.
  explicit NAdam(ParamGroups params, const NAdamOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const NAdamOptions& o) const override;
};

}  // namespace weft::optim
