// The update of Adagrad.
#include "weft/optim/adagrad.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<AdagradOptions>;
namespace {

template <class T>
struct AdagradRule {
  T lr, decay, eps;
  void operator()(T& x, T g, T& sum) const {
    g += decay * x;
    sum += g * g;
    x -= lr * g / (std::sqrt(sum) + eps);
  }
};

}  // namespace

void AdagradOptions::validate() const {
  check_not_negative("Adagrad", "lr", lr());
  check_not_negative("Adagrad", "lr_decay", lr_decay());
  check_not_negative("Adagrad", "weight_decay", weight_decay());
  check_not_negative("Adagrad", "initial_accumulator_value", initial_accumulator_value());
  check_not_negative("Adagrad", "eps", eps());
}

Adagrad::Adagrad(ParamGroups params, const AdagradOptions& defaults)
    : OptimizerOf("Adagrad", {"sum"}, std::move(params), defaults) {}

void Adagrad::apply(Tensor& param, const Tensor& grad, ParamState& state, const AdagradOptions& o) const {
  if (!state.slots[0].defined())
    state.slots[0] = full(param.sizes(), o.initial_accumulator_value(), dtype_info(param.dtype()).compute);
  const double lr = o.lr() / (1 + static_cast<double>(state.step - 1) * o.lr_decay());
  fuse<AdagradRule>(param, grad, state, slots<0>, lr, o.weight_decay(), o.eps());
}

}  // namespace weft::optim
