// The update of AdamW.
#include "weft/optim/adamw.h"

#include "weft/optim/adam_rule.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<AdamWOptions>;

void AdamWOptions::validate() const {
  check_not_negative("AdamW", "lr", lr());
  check_betas("AdamW", betas());
  check_not_negative("AdamW", "eps", eps());
  check_not_negative("AdamW", "weight_decay", weight_decay());
}

AdamW::AdamW(ParamGroups params, const AdamWOptions& defaults)
    : OptimizerOf("AdamW", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, std::move(params), defaults) {}

void AdamW::apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamWOptions& o) const {
  adam_update(param, grad, state, o, 0, 1 - o.lr() * o.weight_decay());
}

}  // namespace weft::optim
