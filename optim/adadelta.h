// Adadelta: scales steps to the units of the parameter.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class AdadeltaOptions final : public OptionsOf<AdadeltaOptions> {
 public:
  AdadeltaOptions() : OptionsOf(1) {}
  AdadeltaOptions(double lr) : AdadeltaOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the running squares; in [0, 1].
  WEFT_OPTIM_OPTION(AdadeltaOptions, double, rho, 0.9)
  /// Added under the roots; at least 0.
  WEFT_OPTIM_OPTION(AdadeltaOptions, double, eps, 1e-6)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(AdadeltaOptions, double, weight_decay, 0)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.rho_, self.eps_, self.weight_decay_);
  }
};

/// Adadelta (Zeiler 2012), as torch.optim.Adadelta. With g += weight_decay x:
///
///     v = rho v + (1 - rho) g^2
///     d = sqrt(u + eps) / sqrt(v + eps) g
///     u = rho u + (1 - rho) d^2
///     x -= lr d
class Adadelta final : public OptimizerOf<AdadeltaOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit Adadelta(ParamGroups params, const AdadeltaOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdadeltaOptions& o) const override;
};

}  // namespace weft::optim
