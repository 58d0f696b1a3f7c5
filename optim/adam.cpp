// The update of Adam.
#include "weft/optim/adam.h"

#include "weft/optim/adam_rule.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<AdamOptions>;

void AdamOptions::validate() const {
  check_not_negative("Adam", "lr", lr());
  check_betas("Adam", betas());
  check_not_negative("Adam", "eps", eps());
  check_not_negative("Adam", "weight_decay", weight_decay());
}

Adam::Adam(ParamGroups params, const AdamOptions& defaults)
    : OptimizerOf("Adam", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, std::move(params), defaults) {}

void Adam::apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamOptions& o) const {
  adam_update(param, grad, state, o, o.weight_decay(), 1);
}

}  // namespace weft::optim
