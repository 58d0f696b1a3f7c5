// The update shared by Adam and AdamW.
#pragma once

#include <cmath>

#include "weft/optim/fused.h"

namespace weft::optim {

template <class T>
struct AdamRule {
  T step_size, decay, shrink, mean_rate, beta2, square_rate, root_correction, eps;
  void operator()(T& x, T g, T& mean, T& square) const {
    x *= shrink;
    moments(x, g, mean, square);
    x -= step_size * mean / (std::sqrt(square) / root_correction + eps);
  }
  void moments(T x, T g, T& mean, T& square) const {
    g += decay * x;
    mean += mean_rate * (g - mean);
    square = beta2 * square + square_rate * g * g;
  }
};

template <class T>
struct AmsgradRule : AdamRule<T> {
  void operator()(T& x, T g, T& mean, T& square, T& largest) const {
    x *= this->shrink;
    this->moments(x, g, mean, square);
    largest = square > largest ? square : largest;
    x -= this->step_size * mean / (std::sqrt(largest) / this->root_correction + this->eps);
  }
};

/// Options is AdamOptions or AdamWOptions; `decay` times the parameter is added to the gradient, `shrink` multiplies
/// the parameter.
template <class Options>
void adam_update(Tensor& param, const Tensor& grad, ParamState& state, const Options& o, double decay, double shrink) {
  const auto [beta1, beta2] = o.betas();
  const auto t = static_cast<double>(state.step);
  const double step_size = o.lr() / (1 - std::pow(beta1, t)), root_correction = std::sqrt(1 - std::pow(beta2, t));
  auto run = [&, beta1 = beta1, beta2 = beta2](auto update) {
    update(step_size, decay, shrink, 1 - beta1, beta2, 1 - beta2, root_correction, o.eps());
  };
  if (o.amsgrad())
    run([&](auto... constants) { fuse<AmsgradRule>(param, grad, state, slots<0, 1, 2>, constants...); });
  else
    run([&](auto... constants) { fuse<AdamRule>(param, grad, state, slots<0, 1>, constants...); });
}

}  // namespace weft::optim
