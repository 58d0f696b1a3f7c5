// The update of NAdam.
#include "weft/optim/nadam.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<NAdamOptions>;
namespace {

template <class T>
struct NAdamRule {
  T of_grad, of_mean, decay, shrink, mean_rate, beta2, square_rate, correction, eps;
  void operator()(T& x, T g, T& mean, T& square) const {
    x *= shrink;
    g += decay * x;
    mean += mean_rate * (g - mean);
    square = beta2 * square + square_rate * g * g;
    x -= (of_grad * g + of_mean * mean) / (std::sqrt(square / correction) + eps);
  }
};

}  // namespace

void NAdamOptions::validate() const {
  check_not_negative("NAdam", "lr", lr());
  check_betas("NAdam", betas());
  check_not_negative("NAdam", "eps", eps());
  check_not_negative("NAdam", "weight_decay", weight_decay());
  check_not_negative("NAdam", "momentum_decay", momentum_decay());
}

NAdam::NAdam(ParamGroups params, const NAdamOptions& defaults)
    : OptimizerOf("NAdam", {"exp_avg", "exp_avg_sq"}, std::move(params), defaults) {}

void NAdam::apply(Tensor& param, const Tensor& grad, ParamState& state, const NAdamOptions& o) const {
  const auto [beta1, beta2] = o.betas();
  const auto t = static_cast<double>(state.step);
  auto mu_of = [&, beta1 = beta1](double step) {
    return beta1 * (1 - 0.5 * std::pow(0.96, step * o.momentum_decay()));
  };
  const double mu = mu_of(t), mu_next = mu_of(t + 1);
  state.mu_product *= mu;
  const bool apart = o.decoupled_weight_decay();
  fuse<NAdamRule>(param, grad, state, slots<0, 1>, o.lr() * (1 - mu) / (1 - state.mu_product),
                  o.lr() * mu_next / (1 - state.mu_product * mu_next), apart ? 0 : o.weight_decay(),
                  apart ? 1 - o.lr() * o.weight_decay() : 1, 1 - beta1, beta2, 1 - beta2, 1 - std::pow(beta2, t),
                  o.eps());
}

}  // namespace weft::optim
