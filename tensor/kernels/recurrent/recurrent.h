// One layer of a recurrent network in one direction, over all steps of a batch of sequences.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

enum class Recurrence : uint8_t { Lstm, Gru, RnnTanh, RnnRelu };

/// Number of blocks of hidden units in the weights: 4, 3, 1, 1.
int64_t gate_count(Recurrence kind);

/// The rows of each step, one step after another: the first counts[t] sequences take part in step t. Counts do not
/// grow. A reverse layer walks from the last step to the first.
struct RecurrentSteps {
  RecurrentSteps(std::vector<int64_t> counts, bool reverse);
  int64_t batch() const { return counts.empty() ? 0 : counts[0]; }
  int64_t rows() const { return offsets.back(); }
  std::vector<int64_t> counts, offsets;  ///< offsets has one element more: the number of rows
  bool reverse;
};

/// Operands, all contiguous, of one dtype (float32 or float64): x [rows, I], h [B, P], c [B, H] (LSTM), w_ih [G H, I],
/// w_hh [G H, P], b_ih and b_hh [G H] or undefined, w_hr [P, H] or undefined (then P = H).
struct RecurrentOperands {
  Tensor x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr;
};

/// Results: out [rows, P], h [B, P], c [B, H]; and what the gradient reads, if it was asked for.
struct RecurrentResults {
  Tensor out, h, c;
  Tensor gates;             ///< [rows, 4 H], RNN: [rows, H]
  Tensor h_before;          ///< [rows, P]
  Tensor c_before, tanh_c;  ///< [rows, H], LSTM
  Tensor hidden;            ///< [rows, H]: h before the projection
};

RecurrentResults recurrent(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in, bool save);

/// The gradients of the operands. Gradients of out, h and c may be undefined. `wanted` names the operands whose
/// gradient is needed, in their order.
RecurrentOperands recurrent_grad(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in,
                                 const RecurrentResults& saved, const Tensor& dout, const Tensor& dh, const Tensor& dc,
                                 const std::array<bool, 8>& wanted);

}  // namespace weft::kernel
