#include "weft/nn/recurrent.h"

#include <cmath>
#include <ostream>

#include "weft/autograd/functions.h"
#include "weft/autograd/recurrent.h"
#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {

using utils::rnn::PackedSequence;

RNNNonlinearity::RNNNonlinearity(std::string_view name) : relu(name == "relu") {
  check<ValueError>(relu || name == "tanh", "[RNN] nonlinearity must be tanh or relu, got {}", name);
}

namespace detail {
namespace {

const char* class_of(RecurrentKind kind) {
  return kind == RecurrentKind::Lstm ? "LSTM" : kind == RecurrentKind::Gru ? "GRU" : "RNN";
}

int64_t gates_of(RecurrentKind kind) { return kind == RecurrentKind::Lstm ? 4 : kind == RecurrentKind::Gru ? 3 : 1; }

void check_shape(const RecurrentShape& s) {
  const char* name = class_of(s.kind);
  check<ValueError>(s.input_size > 0 && s.hidden_size > 0, "[{}] sizes must be positive, got input {} and hidden {}",
                    name, s.input_size, s.hidden_size);
  check<ValueError>(s.num_layers > 0, "[{}] num_layers must be positive, got {}", name, s.num_layers);
  check<ValueError>(s.dropout >= 0 && s.dropout <= 1, "[{}] dropout must be between 0 and 1, got {}", name, s.dropout);
  check<ValueError>(s.proj_size >= 0 && s.proj_size < s.hidden_size,
                    "[{}] proj_size must be below hidden_size {}, got {}", name, s.hidden_size, s.proj_size);
}

TensorList run_layer(RecurrentKind kind, const Tensor& x, const Tensor& h, const Tensor& c,
                     const autograd::RecurrentWeights& w, const autograd::RecurrentSequence& sequence) {
  if (kind == RecurrentKind::Lstm) return autograd::lstm_layer(x, h, c, w, sequence);
  if (kind == RecurrentKind::Gru) return autograd::gru_layer(x, h, w, sequence);
  return autograd::rnn_layer(x, h, w, sequence, kind == RecurrentKind::RnnRelu);
}

/// The state, zeros if it is undefined.
Tensor checked_state(const RecurrentShape& s, const char* what, const Tensor& state, int64_t batch, int64_t features,
                     Dtype dtype) {
  const Dims wanted{s.num_layers * (s.bidirectional ? 2 : 1), batch, features};
  if (!state.defined()) return zeros(wanted, dtype);
  check<ShapeError>(state.sizes() == IntArrayRef(wanted), "[{}] {} must be {}, got {}", class_of(s.kind), what, wanted,
                    state.sizes());
  return state;
}

}  // namespace

template <class Derived>
std::vector<std::string> RNNImplBase<Derived>::suffixes() const {
  const RecurrentShape s = shape();
  std::vector<std::string> all;
  for (int64_t layer = 0; layer < s.num_layers; ++layer)
    for (const char* direction : {"", "_reverse"})
      if (!*direction || s.bidirectional) all.push_back("_l" + std::to_string(layer) + direction);
  return all;
}

template <class Derived>
void RNNImplBase<Derived>::reset() {
  const RecurrentShape s = shape();
  check_shape(s);
  const int64_t sums = gates_of(s.kind) * s.hidden_size, state = s.proj_size > 0 ? s.proj_size : s.hidden_size;
  const int64_t directions = s.bidirectional ? 2 : 1;
  for (const std::string& suffix : suffixes()) {
    const int64_t in = suffix.starts_with("_l0") ? s.input_size : state * directions;
    this->register_parameter("weight_ih" + suffix, empty({sums, in}));
    this->register_parameter("weight_hh" + suffix, empty({sums, state}));
    if (s.bias) this->register_parameter("bias_ih" + suffix, empty({sums}));
    if (s.bias) this->register_parameter("bias_hh" + suffix, empty({sums}));
    if (s.proj_size > 0) this->register_parameter("weight_hr" + suffix, empty({s.proj_size, s.hidden_size}));
  }
  reset_parameters();
}

template <class Derived>
void RNNImplBase<Derived>::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(shape().hidden_size));
  for (const Tensor& t : all_weights()) init::uniform_(t, -bound, bound);
}

template <class Derived>
void RNNImplBase<Derived>::pretty_print(std::ostream& out) const {
  const RecurrentShape s = shape();
  out << std::boolalpha << "weft::nn::" << class_of(s.kind) << "(input_size=" << s.input_size
      << ", hidden_size=" << s.hidden_size << ", num_layers=" << s.num_layers << ", bias=" << s.bias
      << ", batch_first=" << s.batch_first << ", dropout=" << s.dropout << ", bidirectional=" << s.bidirectional;
  if (s.proj_size > 0) out << ", proj_size=" << s.proj_size;
  out << ")";
}

template <class Derived>
TensorList RNNImplBase<Derived>::run_layers(const Tensor& rows, Tensor h0, Tensor c0,
                                            const std::vector<int64_t>& counts) {
  const RecurrentShape s = shape();
  const char* name = class_of(s.kind);
  check<ShapeError>(rows.size(1) == s.input_size, "[{}] input has {} features, expected {}", name, rows.size(1),
                    s.input_size);
  const int64_t state = s.proj_size > 0 ? s.proj_size : s.hidden_size, directions = s.bidirectional ? 2 : 1;
  h0 = checked_state(s, "h_0", h0, counts[0], state, rows.dtype());
  if (s.kind == RecurrentKind::Lstm) c0 = checked_state(s, "c_0", c0, counts[0], s.hidden_size, rows.dtype());
  const TensorList weights = all_weights();
  const size_t each = 2 + (s.bias ? 2 : 0) + (s.proj_size > 0 ? 1 : 0);
  Tensor x = rows;
  TensorList h_n, c_n;
  for (int64_t layer = 0; layer < s.num_layers; ++layer) {
    if (layer > 0 && s.dropout > 0) x = dropout(x, s.dropout, this->is_training());
    TensorList outs;
    for (int64_t d = 0; d < directions; ++d) {
      const int64_t k = layer * directions + d;
      const Tensor* w = weights.data() + static_cast<size_t>(k) * each;
      const TensorList r = run_layer(
          s.kind, x, h0.select(0, k), c0.defined() ? c0.select(0, k) : c0,
          {w[0], w[1], s.bias ? w[2] : Tensor(), s.bias ? w[3] : Tensor(), s.proj_size > 0 ? w[each - 1] : Tensor()},
          {counts, d == 1});
      outs.push_back(r[0]);
      h_n.push_back(r[1]);
      if (r.size() > 2) c_n.push_back(r[2]);
    }
    x = outs.size() == 1 ? outs[0] : cat(outs, 1);
  }
  TensorList results{x, stack(h_n)};
  if (!c_n.empty()) results.push_back(stack(c_n));
  return results;
}

template <class Derived>
TensorList RNNImplBase<Derived>::run_padded(const Tensor& input, const Tensor& h0, const Tensor& c0) {
  const RecurrentShape s = shape();
  const char* name = class_of(s.kind);
  check<ShapeError>(input.dim() == 2 || input.dim() == 3,
                    "[{}] input must be [T, B, features], or [T, features] without batch, got {}", name, input.sizes());
  const bool batched = input.dim() == 3, swapped = batched && s.batch_first;
  const auto with_batch = [&](const Tensor& t, const char* what) {
    if (!t.defined()) return t;
    check<ShapeError>(t.dim() == input.dim(), "[{}] {} must have {} dimensions as the input has, got {}", name, what,
                      input.dim(), t.sizes());
    return batched ? t : t.unsqueeze(1);
  };
  const Tensor x = swapped ? input.transpose(0, 1) : batched ? input : input.unsqueeze(1);
  const int64_t steps = x.size(0), batch = x.size(1);
  check<ShapeError>(steps > 0 && batch > 0, "[{}] input must have at least one step and one sequence, got {}", name,
                    input.sizes());
  const std::vector<int64_t> counts(static_cast<size_t>(steps), batch);
  TensorList r = run_layers(x.flatten(0, 1), with_batch(h0, "h_0"), with_batch(c0, "c_0"), counts);
  r[0] = r[0].unflatten(0, {steps, batch});
  if (swapped) r[0] = r[0].transpose(0, 1);
  if (!batched)
    for (Tensor& t : r) t = t.squeeze(1);
  return r;
}

template <class Derived>
std::tuple<PackedSequence, Tensor, Tensor> RNNImplBase<Derived>::run_packed(const PackedSequence& input,
                                                                            const Tensor& h0, const Tensor& c0) {
  const char* name = class_of(shape().kind);
  check<ShapeError>(input.data().defined() && input.data().dim() == 2, "[{}] packed data must be [rows, features]",
                    name);
  const Tensor sizes = input.batch_sizes().contiguous();
  const std::vector<int64_t> counts(sizes.data_ptr<int64_t>(), sizes.data_ptr<int64_t>() + sizes.numel());
  const auto ordered = [](const Tensor& t, const Tensor& index) {
    return t.defined() && index.defined() ? t.index_select(1, index) : t;
  };
  const TensorList r =
      run_layers(input.data(), ordered(h0, input.sorted_indices()), ordered(c0, input.sorted_indices()), counts);
  return {PackedSequence(r[0], input.batch_sizes(), input.sorted_indices(), input.unsorted_indices()),
          ordered(r[1], input.unsorted_indices()), r.size() > 2 ? ordered(r[2], input.unsorted_indices()) : Tensor()};
}

template class RNNImplBase<RNNImpl>;
template class RNNImplBase<LSTMImpl>;
template class RNNImplBase<GRUImpl>;

}  // namespace detail

RNNImpl::RNNImpl(const RNNOptions& options) : options(options) { reset(); }
detail::RecurrentShape RNNImpl::shape() const {
  const RNNOptions& o = options;
  return {o.nonlinearity().relu ? detail::RecurrentKind::RnnRelu : detail::RecurrentKind::RnnTanh,
          o.input_size(),
          o.hidden_size(),
          o.num_layers(),
          o.bias(),
          o.batch_first(),
          o.dropout(),
          o.bidirectional()};
}
std::tuple<Tensor, Tensor> RNNImpl::forward(const Tensor& input, Tensor hx) {
  return run(
      [this](const Tensor& x, const Tensor& h) {
        const TensorList r = run_padded(x, h, {});
        return std::make_tuple(r[0], r[1]);
      },
      input, hx);
}
std::tuple<PackedSequence, Tensor> RNNImpl::forward_with_packed_input(const PackedSequence& input, Tensor hx) {
  auto [out, h, c] = run([&] { return run_packed(input, hx, {}); });
  return {out, h};
}

LSTMImpl::LSTMImpl(const LSTMOptions& options) : options(options) { reset(); }
detail::RecurrentShape LSTMImpl::shape() const {
  const LSTMOptions& o = options;
  return {detail::RecurrentKind::Lstm,
          o.input_size(),
          o.hidden_size(),
          o.num_layers(),
          o.bias(),
          o.batch_first(),
          o.dropout(),
          o.bidirectional(),
          o.proj_size()};
}
std::tuple<Tensor, LSTMImpl::State> LSTMImpl::forward(const Tensor& input, std::optional<State> hx) {
  const State state = hx.value_or(State());
  return run(
      [&](const Tensor& x) {
        const TensorList r = run_padded(x, std::get<0>(state), std::get<1>(state));
        return std::make_tuple(r[0], State(r[1], r[2]));
      },
      input);
}
std::tuple<PackedSequence, LSTMImpl::State> LSTMImpl::forward_with_packed_input(const PackedSequence& input,
                                                                                std::optional<State> hx) {
  const State state = hx.value_or(State());
  auto [out, h, c] = run([&] { return run_packed(input, std::get<0>(state), std::get<1>(state)); });
  return {out, State(h, c)};
}

GRUImpl::GRUImpl(const GRUOptions& options) : options(options) { reset(); }
detail::RecurrentShape GRUImpl::shape() const {
  const GRUOptions& o = options;
  return {detail::RecurrentKind::Gru,
          o.input_size(),
          o.hidden_size(),
          o.num_layers(),
          o.bias(),
          o.batch_first(),
          o.dropout(),
          o.bidirectional()};
}
std::tuple<Tensor, Tensor> GRUImpl::forward(const Tensor& input, Tensor hx) {
  return run(
      [this](const Tensor& x, const Tensor& h) {
        const TensorList r = run_padded(x, h, {});
        return std::make_tuple(r[0], r[1]);
      },
      input, hx);
}
std::tuple<PackedSequence, Tensor> GRUImpl::forward_with_packed_input(const PackedSequence& input, Tensor hx) {
  auto [out, h, c] = run([&] { return run_packed(input, hx, {}); });
  return {out, h};
}

template class Cloneable<RNNImpl>;
template class Cloneable<LSTMImpl>;
template class Cloneable<GRUImpl>;

}  // namespace weft::nn
