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
  /// Added to |g|; at least 0.
  WEFT_OPTIM_OPTION(AdamaxOptions, double, eps, 1e-8)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(AdamaxOptions, double, weight_decay, 0)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.betas_, self.eps_, self.weight_decay_);
  }
};

/// Adam with the infinity norm (Kingma and Ba 2015, section 7), as torch.optim.Adamax. With g += weight_decay x, at
/// step t = 1, 2, ...:
///
///     m = beta1 m + (1 - beta1) g
///     u = max(beta2 u, |g| + eps)
///     x -= lr / (1 - beta1^t) m / u
class Adamax final : public OptimizerOf<AdamaxOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit Adamax(ParamGroups params, const AdamaxOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamaxOptions& o) const override;
};

}  // namespace weft::optim
