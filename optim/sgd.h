// SGD: stochastic gradient descent with momentum.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class SGDOptions final : public OptionsOf<SGDOptions> {
 public:
  SGDOptions() : OptionsOf(1e-3) {}
  SGDOptions(double lr) : SGDOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Decay of the momentum buffer; at least 0.
  WEFT_OPTIM_OPTION(SGDOptions, double, momentum, 0)
  /// Dampening: the fraction of each new gradient left out of the momentum.
  WEFT_OPTIM_OPTION(SGDOptions, double, dampening, 0)
  /// L2 penalty added to the gradient; at least 0.
  WEFT_OPTIM_OPTION(SGDOptions, double, weight_decay, 0)
  /// Nesterov momentum; requires momentum above 0 and no dampening.
  WEFT_OPTIM_OPTION(SGDOptions, bool, nesterov, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.momentum_, self.dampening_, self.weight_decay_, self.nesterov_);
  }
};

/// Stochastic gradient descent, optionally with (Nesterov) momentum (Sutskever et al. 2013), as torch.optim.SGD.
///
/// With g += weight_decay x:
///
///     b = momentum b + (1 - dampening) g, in the first step b = g
///     x -= lr b; nesterov: x -= lr (g + momentum b); without momentum: x -= lr g
class SGD final : public OptimizerOf<SGDOptions> {
 public:
  /// Throws ValueError for options out of range, and the errors of add_param_group.
  explicit SGD(ParamGroups params, const SGDOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const SGDOptions& o) const override;
};

}  // namespace weft::optim
