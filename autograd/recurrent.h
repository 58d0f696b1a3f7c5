// One layer of an LSTM, a GRU or a plain recurrent network in one direction, as one recorded op.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// weight_ih [G H, I], weight_hh [G H, P], both biases [G H] or undefined; weight_hr [P, H] projects the hidden state
/// of an LSTM, undefined: P = H. G is 4 for LSTM, 3 for GRU, 1 for RNN.
struct RecurrentWeights {
  Tensor ih, hh, bias_ih, bias_hh, hr;
};

/// The rows of x are the steps one after another: the first counts[t] sequences take part in step t. Counts do not
/// grow; counts[0] is the batch B. A reverse layer walks from the last step to the first.
struct RecurrentSequence {
  std::vector<int64_t> counts;
  bool reverse = false;
};

/// x [sum of counts, I], h0 [B, P], c0 [B, H] -> {out [sum of counts, P], h_n [B, P], c_n [B, H]}: i, f, o = sigmoid
/// and g = tanh of W_ih x + W_hh h + biases; c = f c + i g; h = W_hr (o tanh(c)). float32 and float64. Throws
/// ShapeError and DtypeError for operands that do not fit. Hochreiter and Schmidhuber 1997, Sak et al. 2014.
TensorList lstm_layer(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& weights,
                      const RecurrentSequence& sequence);
/// {out, h_n}: r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh); n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)); h = (1 - z)
/// n + z h. Cho et al. 2014.
TensorList gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                     const RecurrentSequence& sequence);
/// {out, h_n}: h = tanh or relu of W_ih x + b_ih + W_hh h + b_hh. Elman 1990.
TensorList rnn_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                     const RecurrentSequence& sequence, bool relu);

/// The same results by an op per gate and step: what the fused ops are tested against, and their gradients where
/// gradients are recorded.
TensorList lstm_layer_by_ops(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& weights,
                             const RecurrentSequence& sequence);
TensorList gru_layer_by_ops(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                            const RecurrentSequence& sequence);
TensorList rnn_layer_by_ops(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                            const RecurrentSequence& sequence, bool relu);

}  // namespace weft::autograd
