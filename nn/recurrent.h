// RNN, LSTM, GRU: recurrent networks of several layers and directions, over padded or packed sequences.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"
#include "weft/nn/utils/rnn.h"

namespace weft::nn {

/// The function of an RNN: kTanh or kReLU.
struct RNNNonlinearity {
  RNNNonlinearity(enumtype::kTanh) : relu(false) {}  // NOLINT
  RNNNonlinearity(enumtype::kReLU) : relu(true) {}   // NOLINT
  /// "tanh" or "relu"; throws ValueError for any other name.
  RNNNonlinearity(std::string_view name);                                         // NOLINT
  RNNNonlinearity(const char* name) : RNNNonlinearity(std::string_view(name)) {}  // NOLINT
  bool relu;
};

/// input_size: features of the input; hidden_size: of the state. num_layers: layers one above another. bidirectional: a
/// second network reads backwards, and the features of both are joined. dropout: between layers. batch_first: sequences
/// are [B, T, features] instead of [T, B, features] (the state is not affected).
struct RNNOptions {
  RNNOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  WEFT_ARG(int64_t, input_size);
  WEFT_ARG(int64_t, hidden_size);
  WEFT_ARG(int64_t, num_layers) = 1;
  WEFT_ARG(RNNNonlinearity, nonlinearity) = kTanh;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(bool, batch_first) = false;
  WEFT_ARG(double, dropout) = 0.0;
  WEFT_ARG(bool, bidirectional) = false;
};
/// proj_size above 0 projects the hidden state of each layer to that many features.
struct LSTMOptions {
  LSTMOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  WEFT_ARG(int64_t, input_size);
  WEFT_ARG(int64_t, hidden_size);
  WEFT_ARG(int64_t, num_layers) = 1;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(bool, batch_first) = false;
  WEFT_ARG(double, dropout) = 0.0;
  WEFT_ARG(bool, bidirectional) = false;
  WEFT_ARG(int64_t, proj_size) = 0;
};
struct GRUOptions {
  GRUOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  WEFT_ARG(int64_t, input_size);
  WEFT_ARG(int64_t, hidden_size);
  WEFT_ARG(int64_t, num_layers) = 1;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(bool, batch_first) = false;
  WEFT_ARG(double, dropout) = 0.0;
  WEFT_ARG(bool, bidirectional) = false;
};

namespace detail {

enum class RecurrentKind : uint8_t { Lstm, Gru, RnnTanh, RnnRelu };

/// The common part of the three networks.
struct RecurrentShape {
  RecurrentKind kind;
  int64_t input_size, hidden_size, num_layers;
  bool bias, batch_first;
  double dropout;
  bool bidirectional;
  int64_t proj_size = 0;
};

/// Parameters per layer k and direction (suffix "_reverse"): weight_ih_lk [G H, features], weight_hh_lk [G H, H],
/// bias_ih_lk and bias_hh_lk [G H], weight_hr_lk [P, H]; all uniform within 1 / sqrt(hidden_size).
template <class Derived>
class RNNImplBase : public Layer<Derived> {
 public:
  void reset() override;
  /// Draws new initial values.
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// The parameters in their order.
  TensorList all_weights() const { return this->parameters(/*recurse=*/false); }
  /// Exists for libtorch's programs; weft's parameters need no common memory.
  void flatten_parameters() {}

 protected:
  virtual RecurrentShape shape() const = 0;
  /// {output, h_n} or {output, h_n, c_n} of a padded input.
  TensorList run_padded(const Tensor& input, const Tensor& h0, const Tensor& c0);
  std::tuple<utils::rnn::PackedSequence, Tensor, Tensor> run_packed(const utils::rnn::PackedSequence& input,
                                                                    const Tensor& h0, const Tensor& c0);

 private:
  TensorList run_layers(const Tensor& rows, Tensor h0, Tensor c0, const std::vector<int64_t>& counts);
  /// "_l0", "_l0_reverse", "_l1" ...
  std::vector<std::string> suffixes() const;
};

}  // namespace detail

/// h = tanh or relu of W_ih x + b_ih + W_hh h + b_hh. forward: input [T, B, input_size] (or [T, input_size] without
/// batch), hx [layers * directions, B, hidden_size] (zeros by default) -> {output [T, B, directions * hidden_size], h_n
/// like hx}. Throws ShapeError for sizes that do not fit.
class RNNImpl : public detail::RNNImplBase<RNNImpl> {
 public:
  RNNImpl(int64_t input_size, int64_t hidden_size) : RNNImpl(RNNOptions(input_size, hidden_size)) {}
  explicit RNNImpl(const RNNOptions& options);
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                           Tensor hx = {});
  RNNOptions options;

 protected:
  detail::RecurrentShape shape() const override;
};
WEFT_LAYER(RNN);

/// Long short-term memory: see autograd/recurrent.h for the formulas. forward: input [T, B, input_size], hx {h [layers
/// * directions, B, proj_size or hidden_size], c [layers * directions, B, hidden_size]} -> {output [T, B, directions *
/// (proj_size or hidden_size)], {h_n, c_n}}.
class LSTMImpl : public detail::RNNImplBase<LSTMImpl> {
 public:
  using State = std::tuple<Tensor, Tensor>;
  LSTMImpl(int64_t input_size, int64_t hidden_size) : LSTMImpl(LSTMOptions(input_size, hidden_size)) {}
  explicit LSTMImpl(const LSTMOptions& options);
  std::tuple<Tensor, State> forward(const Tensor& input, std::optional<State> hx = {});
  std::tuple<utils::rnn::PackedSequence, State> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                          std::optional<State> hx = {});
  LSTMOptions options;

 protected:
  detail::RecurrentShape shape() const override;
};
WEFT_LAYER(LSTM);

/// Gated recurrent units: input and state as in RNN.
class GRUImpl : public detail::RNNImplBase<GRUImpl> {
 public:
  GRUImpl(int64_t input_size, int64_t hidden_size) : GRUImpl(GRUOptions(input_size, hidden_size)) {}
  explicit GRUImpl(const GRUOptions& options);
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                           Tensor hx = {});
  GRUOptions options;

 protected:
  detail::RecurrentShape shape() const override;
};
WEFT_LAYER(GRU);

}  // namespace weft::nn
