// RNNCell, LSTMCell, GRUCell: one step of a recurrent network.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/recurrent.h"

namespace weft::nn {

struct RNNCellOptions {
  RNNCellOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  WEFT_ARG(int64_t, input_size);
  WEFT_ARG(int64_t, hidden_size);
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(RNNNonlinearity, nonlinearity) = kTanh;
};
struct LSTMCellOptions {
  LSTMCellOptions(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {}
  WEFT_ARG(int64_t, input_size);
  WEFT_ARG(int64_t, hidden_size);
  WEFT_ARG(bool, bias) = true;
};
using GRUCellOptions = LSTMCellOptions;

namespace detail {

/// weight_ih [G H, input_size], weight_hh [G H, H], bias_ih and bias_hh [G H], uniform within 1 / sqrt(hidden_size).
template <class Derived>
class RNNCellImplBase : public Layer<Derived> {
 public:
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  /// {h} or {h, c} after the step; x [B, input_size] or [input_size], states likewise, undefined: zeros.
  TensorList step(const Tensor& x, const Tensor& h, const Tensor& c);
};

}  // namespace detail

/// forward: input [B, input_size] or [input_size], hx [B, hidden_size] (zeros by default) -> the next hx. Throws
/// ShapeError for sizes that do not fit.
class RNNCellImpl : public detail::RNNCellImplBase<RNNCellImpl> {
 public:
  RNNCellImpl(int64_t input_size, int64_t hidden_size) : RNNCellImpl(RNNCellOptions(input_size, hidden_size)) {}
  explicit RNNCellImpl(const RNNCellOptions& options);
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  RNNCellOptions options;
};
WEFT_LAYER(RNNCell);

/// The same with a state {h, c}.
class LSTMCellImpl : public detail::RNNCellImplBase<LSTMCellImpl> {
 public:
  LSTMCellImpl(int64_t input_size, int64_t hidden_size) : LSTMCellImpl(LSTMCellOptions(input_size, hidden_size)) {}
  explicit LSTMCellImpl(const LSTMCellOptions& options);
  std::tuple<Tensor, Tensor> forward(const Tensor& input, std::optional<std::tuple<Tensor, Tensor>> hx = {});
  LSTMCellOptions options;
};
WEFT_LAYER(LSTMCell);

/// As RNNCell.
class GRUCellImpl : public detail::RNNCellImplBase<GRUCellImpl> {
 public:
  GRUCellImpl(int64_t input_size, int64_t hidden_size) : GRUCellImpl(GRUCellOptions(input_size, hidden_size)) {}
  explicit GRUCellImpl(const GRUCellOptions& options);
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  GRUCellOptions options;
};
WEFT_LAYER(GRUCell);

}  // namespace weft::nn
