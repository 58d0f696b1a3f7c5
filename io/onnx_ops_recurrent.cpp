// RNN, GRU and LSTM of ONNX: https://onnx.ai/onnx/operators/onnx__GRU.html
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/io/onnx_ops.h"
#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

/// One direction: the weights of its gates, and its state.
struct Direction {
  Tensor w, r, wb, rb;  ///< [G H, I], [G H, H], [G H], [G H]
  Tensor h, c;          ///< [N, H]
  int64_t hidden = 0;
  bool linear_before_reset = false;
};

/// Gate g of a product [N, G H].
Tensor gate(const Tensor& all, int64_t g, int64_t hidden) { return all.slice(1, g * hidden, (g + 1) * hidden); }

void rnn_step(Direction& d, const Tensor& x) { d.h = (linear(x, d.w, d.wb) + linear(d.h, d.r, d.rb)).tanh(); }

/// Gates in the order update, reset, hidden.
void gru_step(Direction& d, const Tensor& x) {
  const int64_t n = d.hidden;
  const Tensor from_x = linear(x, d.w, d.wb), from_h = linear(d.h, d.r, d.rb);
  const Tensor update = (gate(from_x, 0, n) + gate(from_h, 0, n)).sigmoid();
  const Tensor reset = (gate(from_x, 1, n) + gate(from_h, 1, n)).sigmoid();
  const Tensor recurrent = d.linear_before_reset
                               ? reset * gate(from_h, 2, n)
                               : linear(reset * d.h, d.r.slice(0, 2 * n, 3 * n), d.rb.slice(0, 2 * n, 3 * n));
  const Tensor hidden = (gate(from_x, 2, n) + recurrent).tanh();
  d.h = hidden + update * (d.h - hidden);
}

/// Gates in the order input, output, forget, cell.
void lstm_step(Direction& d, const Tensor& x) {
  const Tensor all = linear(x, d.w, d.wb) + linear(d.h, d.r, d.rb);
  const auto of = [&](int64_t g) { return gate(all, g, d.hidden); };
  d.c = of(2).sigmoid() * d.c + of(0).sigmoid() * of(3).tanh();
  d.h = of(1).sigmoid() * d.c.tanh();
}

Direction direction_of(const OnnxCall& c, int64_t k, int64_t batch) {
  Direction d;
  d.w = c.in(1).select(0, k), d.r = c.in(2).select(0, k);
  d.hidden = d.r.size(1);
  const int64_t rows = d.w.size(0);
  check<ShapeError>(d.hidden > 0 && rows % d.hidden == 0 && d.r.size(0) == rows, "[onnx] weights {} and {} do not fit",
                    c.in(1).sizes(), c.in(2).sizes());
  const Tensor bias = c.has(3) ? c.in(3).select(0, k) : zeros({2 * rows}, d.w.dtype());
  d.wb = bias.slice(0, 0, rows), d.rb = bias.slice(0, rows, 2 * rows);
  const auto state = [&](size_t i) { return c.has(i) ? c.in(i).select(0, k) : zeros({batch, d.hidden}, d.w.dtype()); };
  d.h = state(5), d.c = state(6);
  d.linear_before_reset = c.integer("linear_before_reset", 0) != 0;
  return d;
}

/// x [T, N, I] -> Y [T, D, N, H], Y_h [D, N, H], of LSTM Y_c [D, N, H].
TensorList recurrent(const OnnxCall& c, int64_t gates, void (*step)(Direction&, const Tensor&)) {
  const std::string direction = c.text("direction", "forward");
  c.require(direction == "forward" || direction == "reverse" || direction == "bidirectional", "direction");
  c.require(!c.find("activations") && !c.find("clip") && c.integer("layout", 0) == 0 && !c.integer("input_forget", 0),
            "activations, clip, layout or input_forget");
  c.require(!c.has(4) && !c.has(7), "sequence_lens or P");
  const Tensor& x = c.in(0);
  const int64_t directions = direction == "bidirectional" ? 2 : 1;
  check<ShapeError>(x.dim() == 3 && c.in(1).dim() == 3 && c.in(2).dim() == 3 && c.in(1).size(0) == directions &&
                        c.in(1).size(1) == gates * c.in(2).size(2),
                    "[onnx] input {}, weights {} and {} do not fit", x.sizes(), c.in(1).sizes(), c.in(2).sizes());
  TensorList all, last_h, last_c;
  for (int64_t k = 0; k < directions; ++k) {
    Direction d = direction_of(c, k, x.size(1));
    const bool backwards = direction == "reverse" || k == 1;
    TensorList steps(static_cast<size_t>(x.size(0)));
    for (int64_t i = 0; i < x.size(0); ++i) {
      const int64_t t = backwards ? x.size(0) - 1 - i : i;
      step(d, x.select(0, t));
      steps[static_cast<size_t>(t)] = d.h;
    }
    all.push_back(steps.empty() ? zeros({0, x.size(1), d.hidden}, x.dtype()) : stack(steps));
    last_h.push_back(d.h), last_c.push_back(d.c);
  }
  return {stack(all, 1), stack(last_h), stack(last_c)};
}

}  // namespace

std::vector<OnnxOp> onnx_recurrent_ops() {
  return {
      {"RNN", [](const OnnxCall& c) { return recurrent(c, 1, rnn_step); }},
      {"GRU", [](const OnnxCall& c) { return recurrent(c, 3, gru_step); }},
      {"LSTM", [](const OnnxCall& c) { return recurrent(c, 4, lstm_step); }},
  };
}

}  // namespace weft::io::detail
