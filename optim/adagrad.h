// Adagrad: divides the gradient by the root of the sum of all squared gradients.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class AdagradOptions final : public OptionsOf<AdagradOptions> {
 public:
  AdagradOptions() : OptionsOf(1e-2) {}
  AdagradOptions(double lr) : AdagradOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// The rate falls as lr / (1 + steps * lr_decay); at least 0.
  WEFT_OPTIM_OPTION(AdagradOptions, double, lr_decay, 0)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(AdagradOptions, double, weight_decay, 0)
  /// Initial value of the sum of squares; at least 0.
  WEFT_OPTIM_OPTION(AdagradOptions, double, initial_accumulator_value, 0)
  /// Added to the denominator; at least 0.
  WEFT_OPTIM_OPTION(AdagradOptions, double, eps, 1e-10)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.lr_decay_, self.weight_decay_, self.initial_accumulator_value_, self.eps_);
  }
};

/// Adagrad (Duchi et al. 2011), as torch.optim.Adagrad. With g += weight_decay x, at step t = 1, 2, ...:
///
///     s += g^2
///     x -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
class Adagrad final : public OptimizerOf<AdagradOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit Adagrad(ParamGroups params, const AdagradOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const AdagradOptions& o) const override;
};

}  // namespace weft::optim
