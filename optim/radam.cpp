// The update of RAdam.
#include "weft/optim/radam.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<RAdamOptions>;
namespace {

template <class T>
struct RAdamMoments {
  T step_size, decay, shrink, mean_rate, beta2, square_rate, eps;
  void update(T& x, T g, T& mean, T& square) const {
    x *= shrink;
    g += decay * x;
    mean += mean_rate * (g - mean);
    square = beta2 * square + square_rate * g * g;
  }
};
template <class T>
struct RAdamPlain : RAdamMoments<T> {
  void operator()(T& x, T g, T& mean, T& square) const {
    this->update(x, g, mean, square);
    x -= this->step_size * mean;
  }
};
template <class T>
struct RAdamRectified : RAdamMoments<T> {
  void operator()(T& x, T g, T& mean, T& square) const {
    this->update(x, g, mean, square);
    x -= this->step_size * mean / (std::sqrt(square) + this->eps);
  }
};

}  // namespace

void RAdamOptions::validate() const {
  check_not_negative("RAdam", "lr", lr());
  check_betas("RAdam", betas());
  check_not_negative("RAdam", "eps", eps());
  check_not_negative("RAdam", "weight_decay", weight_decay());
}

RAdam::RAdam(ParamGroups params, const RAdamOptions& defaults)
    : OptimizerOf("RAdam", {"exp_avg", "exp_avg_sq"}, std::move(params), defaults) {}

void RAdam::apply(Tensor& param, const Tensor& grad, ParamState& state, const RAdamOptions& o) const {
  const auto [beta1, beta2] = o.betas();
  const auto t = static_cast<double>(state.step);
  const double correction2 = 1 - std::pow(beta2, t), rho_inf = 2 / (1 - beta2) - 1;
  const double rho = rho_inf - 2 * t * std::pow(beta2, t) / correction2;  // current length of the average
  const bool apart = o.decoupled_weight_decay();
  auto run = [&, beta1 = beta1, beta2 = beta2](double factor, auto update) {
    update(o.lr() * factor / (1 - std::pow(beta1, t)), apart ? 0 : o.weight_decay(),
           apart ? 1 - o.lr() * o.weight_decay() : 1, 1 - beta1, beta2, 1 - beta2, o.eps());
  };
  if (rho > 5) {
    const double rectify =
        std::sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) * std::sqrt(correction2);
    run(rectify, [&](auto... c) { fuse<RAdamRectified>(param, grad, state, slots<0, 1>, c...); });
  } else {
    run(1, [&](auto... c) { fuse<RAdamPlain>(param, grad, state, slots<0, 1>, c...); });
  }
}

}  // namespace weft::optim
