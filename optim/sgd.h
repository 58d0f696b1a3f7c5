// SGD: stochastic gradient descent with momentum.
#pragma once

#include "weft/optim/optimizer.h"

namespace weft::optim {

class SGDOptions final : public OptionsOf<SGDOptions> {
 public:
  SGDOptions() : OptionsOf(1e-3) {}
  SGDOptions(double lr) : SGDOptions() { set_lr(lr); }  // NOLINT: as in libtorch
  /// Momentum of the running gradient; at least 0.
  WEFT_OPTIM_OPTION(SGDOptions, double, momentum, 0)
  /// What is held back of each new gradient.
  WEFT_OPTIM_OPTION(SGDOptions, double, dampening, 0)
  /// L2 penalty; at least 0.
  WEFT_OPTIM_OPTION(SGDOptions, double, weight_decay, 0)
  /// Looks ahead by the momentum; asks for momentum above 0 and no dampening.
  WEFT_OPTIM_OPTION(SGDOptions, bool, nesterov, false)

  void validate() const override;
  template <class S>
  static auto list(S& self) {
    return std::tie(self.momentum_, self.dampening_, self.weight_decay_, self.nesterov_);
  }
};

/// Stochastic gradient descent, optionally with (Nesterov) momentum (Sutskever et al. 2013), as torch.optim.SGD.
class SGD final : public OptimizerOf<SGDOptions> {
 public:
  /// Throws ValueError for options outside their range and for what add_param_group refuses.
  explicit SGD(ParamGroups params, const SGDOptions& defaults = {});

 private:
  void apply(Tensor& param, const Tensor& grad, ParamState& state, const SGDOptions& o) const override;
};

}  // namespace weft::optim
