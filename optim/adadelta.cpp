// The update of Adadelta.
#include "weft/optim/adadelta.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<AdadeltaOptions>;
namespace {

template <class T>
struct AdadeltaRule {
  T lr, decay, rho, rate, eps;
  void operator()(T& x, T g, T& square, T& moved) const {
    g += decay * x;
    square = rho * square + rate * g * g;
    T step = std::sqrt(moved + eps) / std::sqrt(square + eps) * g;
    moved = rho * moved + rate * step * step;
    x -= lr * step;
  }
};

}  // namespace

void AdadeltaOptions::validate() const {
  check_not_negative("Adadelta", "lr", lr());
  check<ValueError>(rho() >= 0 && rho() <= 1, "[Adadelta] rho is {}, expected 0 to 1", rho());
  check_not_negative("Adadelta", "eps", eps());
  check_not_negative("Adadelta", "weight_decay", weight_decay());
}

Adadelta::Adadelta(ParamGroups params, const AdadeltaOptions& defaults)
    : OptimizerOf("Adadelta", {"square_avg", "acc_delta"}, std::move(params), defaults) {}

void Adadelta::apply(Tensor& param, const Tensor& grad, ParamState& state, const AdadeltaOptions& o) const {
  fuse<AdadeltaRule>(param, grad, state, slots<0, 1>, o.lr(), o.weight_decay(), o.rho(), 1 - o.rho(), o.eps());
}

}  // namespace weft::optim
