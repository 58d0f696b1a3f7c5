// The update of RMSprop.
#include "weft/optim/rmsprop.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<RMSpropOptions>;
namespace {

template <class T>
struct RMSpropBase {
  T lr, decay, alpha, rate, eps, momentum;

  /// The gradient over the root of its running square, or over its running standard deviation.
  T scaled(T g, T& square) const {
    square = alpha * square + rate * g * g;
    return g / (std::sqrt(square) + eps);
  }
  T scaled(T g, T& square, T& mean) const {
    square = alpha * square + rate * g * g;
    mean += rate * (g - mean);
    return g / (std::sqrt(square - mean * mean) + eps);
  }
  void move(T& x, T step) const { x -= lr * step; }
  void move(T& x, T step, T& buffer) const {
    buffer = momentum * buffer + step;
    x -= lr * buffer;
  }
};

template <class T>
struct RMSpropPlain : RMSpropBase<T> {
  void operator()(T& x, T g, T& square) const { this->move(x, this->scaled(g + this->decay * x, square)); }
};
template <class T>
struct RMSpropCentered : RMSpropBase<T> {
  void operator()(T& x, T g, T& square, T& mean) const {
    this->move(x, this->scaled(g + this->decay * x, square, mean));
  }
};
template <class T>
struct RMSpropMomentum : RMSpropBase<T> {
  void operator()(T& x, T g, T& square, T& buffer) const {
    this->move(x, this->scaled(g + this->decay * x, square), buffer);
  }
};
template <class T>
struct RMSpropCenteredMomentum : RMSpropBase<T> {
  void operator()(T& x, T g, T& square, T& mean, T& buffer) const {
    this->move(x, this->scaled(g + this->decay * x, square, mean), buffer);
  }
};

}  // namespace

void RMSpropOptions::validate() const {
  check_not_negative("RMSprop", "lr", lr());
  check_not_negative("RMSprop", "alpha", alpha());
  check_not_negative("RMSprop", "eps", eps());
  check_not_negative("RMSprop", "weight_decay", weight_decay());
  check_not_negative("RMSprop", "momentum", momentum());
}

RMSprop::RMSprop(ParamGroups params, const RMSpropOptions& defaults)
    : OptimizerOf("RMSprop", {"square_avg", "grad_avg", "momentum_buffer"}, std::move(params), defaults) {}

void RMSprop::apply(Tensor& param, const Tensor& grad, ParamState& state, const RMSpropOptions& o) const {
  auto run = [&](auto update) { update(o.lr(), o.weight_decay(), o.alpha(), 1 - o.alpha(), o.eps(), o.momentum()); };
  const bool momentum = o.momentum() > 0;
  if (o.centered() && momentum)
    run([&](auto... c) { fuse<RMSpropCenteredMomentum>(param, grad, state, slots<0, 1, 2>, c...); });
  else if (o.centered())
    run([&](auto... c) { fuse<RMSpropCentered>(param, grad, state, slots<0, 1>, c...); });
  else if (momentum)
    run([&](auto... c) { fuse<RMSpropMomentum>(param, grad, state, slots<0, 2>, c...); });
  else
    run([&](auto... c) { fuse<RMSpropPlain>(param, grad, state, slots<0>, c...); });
}

}  // namespace weft::optim
