// Adamax: Adam with the infinity norm.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class AdamaxOptions final : public OptionsOf<AdamaxOptions> {
 public:
  AdamaxOptions() : OptionsOf(2e-3) {}
  AdamaxOptions(double lr) : AdamaxOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running mean and of the running maximum; each in [0, 1).
  WEFT_OPTIM_OPTION(AdamaxOptions, Betas, betas, {0.9, 0.999})
  /// Added to the size of each gradient; at least 0.
  WEFT_OPTIM_OPTION(AdamaxOptions, double, eps, 1e-8)
  /// L2 penalty; at least 0.
  WEFT_OPTIM_OPTION(AdamaxOptions, double, weight_decay, 0)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_);
  }
};

/// Adam with the infinity norm (Kingma and Ba 2015, section 7), as torch.optim.Adamax.
class Adamax final : public OptimizerOf<AdamaxOptions> {
 public:
  /// Throws ValueError for options outside their range and for what add_param_group refuses.
  explicit Adamax(ParamGroups params, const AdamaxOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamaxOptions& o) const override;
};

}  // namespace weft::optim
