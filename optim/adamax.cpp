// The update of Adamax.
#include "weft/optim/adamax.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<AdamaxOptions>;
namespace {

template <class T>
struct AdamaxRule {
  T step_size, decay, mean_rate, beta2, eps;
  void operator()(T& x, T g, T& mean, T& largest) const {
    g += decay * x;
    mean += mean_rate * (g - mean);
    const T kept = beta2 * largest, now = std::abs(g) + eps;
    largest = kept > now ? kept : now;
    x -= step_size * mean / largest;
  }
};

}  // namespace

void AdamaxOptions::validate() const {
  check_not_negative("Adamax", "lr", lr());
  check_betas("Adamax", betas());
  check_not_negative("Adamax", "eps", eps());
  check_not_negative("Adamax", "weight_decay", weight_decay());
}

Adamax::Adamax(ParamGroups params, const AdamaxOptions& defaults)
    : OptimizerOf("Adamax", {"exp_avg", "exp_inf"}, std::move(params), defaults) {}

void Adamax::apply(Tensor& param, const Tensor& grad, ParamState& state, const AdamaxOptions& o) const {
  const auto [beta1, beta2] = o.betas();
  const double step_size = o.lr() / (1 - std::pow(beta1, static_cast<double>(state.step)));
  fuse<AdamaxRule>(param, grad, state, slots<0, 1>, step_size, o.weight_decay(), 1 - beta1, beta2, o.eps());
}

}  // namespace weft::optim
