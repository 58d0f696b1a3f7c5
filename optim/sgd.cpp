// The update of SGD.
#include "weft/optim/sgd.h"

#include <cmath>

#include "weft/optim/fused.h"
#include "weft/optim/options_of.h"

namespace weft::optim {

template class OptionsOf<SGDOptions>;
namespace {

template <class T>
struct SGDPlain {
  T lr, decay;
  void operator()(T& x, T g) const { x -= lr * (g + decay * x); }
};

template <class T>
struct SGDMomentum {
  T lr, decay, keep, gain, of_grad, of_buffer;
  void operator()(T& x, T g, T& buffer) const {
    g += decay * x;
    buffer = keep * buffer + gain * g;
    x -= lr * (of_grad * g + of_buffer * buffer);
  }
};

}  // namespace

void SGDOptions::validate() const {
  check_not_negative("SGD", "lr", lr());
  check_not_negative("SGD", "momentum", momentum());
  check_not_negative("SGD", "weight_decay", weight_decay());
  check<ValueError>(std::isfinite(dampening()), "[SGD] dampening is {}, expected a number", dampening());
  check<ValueError>(!nesterov() || (momentum() > 0 && dampening() == 0),
                    "[SGD] nesterov requires momentum above 0 and dampening 0, got momentum {} and dampening {}",
                    momentum(), dampening());
}

SGD::SGD(ParamGroups params, const SGDOptions& defaults)
    : OptimizerOf("SGD", {"momentum_buffer"}, std::move(params), defaults) {}

void SGD::apply(Tensor& param, const Tensor& grad, ParamState& state, const SGDOptions& o) const {
  if (o.momentum() == 0) return fuse<SGDPlain>(param, grad, state, slots<>, o.lr(), o.weight_decay());
  const bool first = !state.slots[0].defined();  // the buffer starts as the complete first gradient
  fuse<SGDMomentum>(param, grad, state, slots<0>, o.lr(), o.weight_decay(), o.momentum(), first ? 1 : 1 - o.dampening(),
                    o.nesterov() ? 1 : 0, o.nesterov() ? o.momentum() : 1);
}

}  // namespace weft::optim
