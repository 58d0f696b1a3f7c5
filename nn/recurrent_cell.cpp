#include "weft/nn/recurrent_cell.h"

#include <cmath>
#include <ostream>

#include "weft/autograd/recurrent.h"
#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace detail {
namespace {

template <class Derived>
constexpr bool is_lstm = std::is_same_v<Derived, LSTMCellImpl>;
template <class Derived>
constexpr bool is_gru = std::is_same_v<Derived, GRUCellImpl>;
template <class Derived>
constexpr const char* kCellName = is_lstm<Derived>  ? "LSTMCell"
                                  : is_gru<Derived> ? "GRUCell"
                                                    : "RNNCell";

}  // namespace

template <class Derived>
void RNNCellImplBase<Derived>::reset() {
  const auto& o = static_cast<Derived*>(this)->options;
  check<ValueError>(o.input_size() > 0 && o.hidden_size() > 0,
                    "[{}] sizes must be positive, got input {} and hidden {}", kCellName<Derived>, o.input_size(),
                    o.hidden_size());
  const int64_t sums = (is_lstm<Derived> ? 4 : is_gru<Derived> ? 3 : 1) * o.hidden_size();
  const auto bias = [&] { return o.bias() ? empty({sums}) : Tensor(); };
  weight_ih = this->register_parameter("weight_ih", empty({sums, o.input_size()}));
  weight_hh = this->register_parameter("weight_hh", empty({sums, o.hidden_size()}));
  bias_ih = this->register_parameter("bias_ih", bias(), o.bias());
  bias_hh = this->register_parameter("bias_hh", bias(), o.bias());
  reset_parameters();
}

template <class Derived>
void RNNCellImplBase<Derived>::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(static_cast<Derived*>(this)->options.hidden_size()));
  for (const Tensor& t : this->parameters()) init::uniform_(t, -bound, bound);
}

template <class Derived>
void RNNCellImplBase<Derived>::pretty_print(std::ostream& out) const {
  const auto& o = static_cast<const Derived*>(this)->options;
  out << std::boolalpha << "weft::nn::" << kCellName<Derived> << "(" << o.input_size() << ", " << o.hidden_size();
  if (!o.bias()) out << ", bias=" << o.bias();
  if constexpr (!is_lstm<Derived> && !is_gru<Derived>)
    if (o.nonlinearity().relu) out << ", nonlinearity=kReLU";
  out << ")";
}

template <class Derived>
TensorList RNNCellImplBase<Derived>::step(const Tensor& input, const Tensor& h, const Tensor& c) {
  const auto& o = static_cast<Derived*>(this)->options;
  check<ShapeError>(input.dim() == 1 || input.dim() == 2, "[{}] input must be [B, {}] or [{}], got {}",
                    kCellName<Derived>, o.input_size(), o.input_size(), input.sizes());
  const bool batched = input.dim() == 2;
  const Tensor x = batched ? input : input.unsqueeze(0);
  const auto state = [&](const Tensor& t) {
    if (!t.defined()) return zeros({x.size(0), o.hidden_size()}, x.dtype());
    check<ShapeError>(t.dim() == input.dim(), "[{}] the state must have {} dimensions as the input has, got {}",
                      kCellName<Derived>, input.dim(), t.sizes());
    return batched ? t : t.unsqueeze(0);
  };
  const autograd::RecurrentWeights w{weight_ih, weight_hh, bias_ih, bias_hh, {}};
  const autograd::RecurrentSequence one{{x.size(0)}};
  TensorList r;
  if constexpr (is_lstm<Derived>)
    r = autograd::lstm_layer(x, state(h), state(c), w, one);
  else if constexpr (is_gru<Derived>)
    r = autograd::gru_layer(x, state(h), w, one);
  else
    r = autograd::rnn_layer(x, state(h), w, one, o.nonlinearity().relu);
  r.erase(r.begin());  // the output of one step is its state
  if (!batched)
    for (Tensor& t : r) t = t.squeeze(0);
  return r;
}

template class RNNCellImplBase<RNNCellImpl>;
template class RNNCellImplBase<LSTMCellImpl>;
template class RNNCellImplBase<GRUCellImpl>;

}  // namespace detail

RNNCellImpl::RNNCellImpl(const RNNCellOptions& options) : options(options) { reset(); }
Tensor RNNCellImpl::forward(const Tensor& input, const Tensor& hx) {
  return run([this](const Tensor& x, const Tensor& h) { return step(x, h, {})[0]; }, input, hx);
}

LSTMCellImpl::LSTMCellImpl(const LSTMCellOptions& options) : options(options) { reset(); }
std::tuple<Tensor, Tensor> LSTMCellImpl::forward(const Tensor& input, std::optional<std::tuple<Tensor, Tensor>> hx) {
  const auto state = hx.value_or(std::tuple<Tensor, Tensor>());
  return run(
      [&](const Tensor& x) {
        const TensorList r = step(x, std::get<0>(state), std::get<1>(state));
        return std::make_tuple(r[0], r[1]);
      },
      input);
}

GRUCellImpl::GRUCellImpl(const GRUCellOptions& options) : options(options) { reset(); }
Tensor GRUCellImpl::forward(const Tensor& input, const Tensor& hx) {
  return run([this](const Tensor& x, const Tensor& h) { return step(x, h, {})[0]; }, input, hx);
}

template class Cloneable<RNNCellImpl>;
template class Cloneable<LSTMCellImpl>;
template class Cloneable<GRUCellImpl>;

}  // namespace weft::nn
