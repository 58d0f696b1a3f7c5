// lstm_layer, gru_layer, rnn_layer: all steps of a layer in one node; the gradient composes where it is recorded.
#include "weft/autograd/recurrent.h"

#include "weft/autograd/composed.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/recurrent/recurrent.h"

namespace weft::autograd {
namespace {

using kernel::Recurrence;

const char* op_name(Recurrence kind) {
  return kind == Recurrence::Lstm ? "lstm" : kind == Recurrence::Gru ? "gru" : "rnn";
}

Tensor dense(const Tensor& t) { return t.defined() ? t.detach().contiguous() : t; }

void check_operand(const char* op, const char* name, const Tensor& t, IntArrayRef wanted, Dtype dtype) {
  check<ShapeError>(t.defined() && t.sizes() == wanted, "[{}] {} must be {}, got {}", op, name, wanted,
                    t.defined() ? t.sizes() : IntArrayRef());
  check<DtypeError>(t.dtype() == dtype, "[{}] input is {}, {} is {}", op, dtype, name, t.dtype());
}

void check_operands(Recurrence kind, const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& w,
                    const kernel::RecurrentSteps& steps) {
  const char* op = op_name(kind);
  require_floating_point(op, x.dtype());
  check<ShapeError>(!steps.counts.empty(), "[{}] needs at least one step", op);
  for (size_t t = 0; t < steps.counts.size(); ++t)
    check<ValueError>(steps.counts[t] > 0 && (t == 0 || steps.counts[t] <= steps.counts[t - 1]),
                      "[{}] the number of sequences must be positive and not grow, got {} at step {}", op,
                      steps.counts[t], t);
  check<ShapeError>(x.dim() == 2 && x.size(0) == steps.rows(), "[{}] input must be [{}, features], got {}", op,
                    steps.rows(), x.sizes());
  check<ShapeError>(w.ih.dim() == 2 && w.hh.dim() == 2 && w.ih.size(0) % kernel::gate_count(kind) == 0,
                    "[{}] weights must be matrices of {} blocks of rows, got {} and {}", op, kernel::gate_count(kind),
                    w.ih.sizes(), w.hh.sizes());
  const int64_t sums = w.ih.size(0), hidden = sums / kernel::gate_count(kind), batch = steps.batch();
  check<ShapeError>(x.size(1) == w.ih.size(1),
                    "[{}] input has {} features, weight_ih expects {} (input {}, weight_ih {})", op, x.size(1),
                    w.ih.size(1), x.sizes(), w.ih.sizes());
  const int64_t state = w.hr.defined() ? w.hr.size(0) : hidden;
  check_operand(op, "weight_ih", w.ih, {sums, x.size(1)}, x.dtype());
  check_operand(op, "weight_hh", w.hh, {sums, state}, x.dtype());
  if (w.bias_ih.defined()) check_operand(op, "bias_ih", w.bias_ih, sums, x.dtype());
  if (w.bias_hh.defined()) check_operand(op, "bias_hh", w.bias_hh, sums, x.dtype());
  if (w.hr.defined()) check_operand(op, "weight_hr", w.hr, {state, hidden}, x.dtype());
  check_operand(op, "h0", h0, {batch, state}, x.dtype());
  if (kind == Recurrence::Lstm) check_operand(op, "c0", c0, {batch, hidden}, x.dtype());
}

Tensor with_bias(const Tensor& x, const Tensor& bias) { return bias.defined() ? x + bias : x; }

/// One step in differentiable ops: x and state of n sequences. c is read and set for LSTM.
Tensor step_by_ops(Recurrence kind, const Tensor& x, const Tensor& h, Tensor& c, const RecurrentWeights& w) {
  const Tensor xs = with_bias(x.mm(w.ih.t()), w.bias_ih), hs = with_bias(h.mm(w.hh.t()), w.bias_hh);
  const int64_t n = w.ih.size(0) / kernel::gate_count(kind);
  if (kind == Recurrence::RnnTanh) return (xs + hs).tanh();
  if (kind == Recurrence::RnnRelu) return (xs + hs).relu();
  const auto part = [n](const Tensor& t, int64_t i) { return t.narrow(1, i * n, n); };
  if (kind == Recurrence::Gru) {
    const Tensor r = (part(xs, 0) + part(hs, 0)).sigmoid(), z = (part(xs, 1) + part(hs, 1)).sigmoid();
    const Tensor fresh = (part(xs, 2) + r * part(hs, 2)).tanh();
    return fresh + z * (h - fresh);
  }
  const Tensor sums = xs + hs;
  c = part(sums, 1).sigmoid() * c + part(sums, 0).sigmoid() * part(sums, 2).tanh();
  const Tensor out = part(sums, 3).sigmoid() * c.tanh();
  return w.hr.defined() ? out.mm(w.hr.t()) : out;
}

/// The first rows of `state` replaced by `fresh`.
Tensor replaced(const Tensor& state, const Tensor& fresh) {
  const int64_t n = fresh.size(0), all = state.size(0);
  return n == all ? fresh : cat({fresh, state.narrow(0, n, all - n)});
}

TensorList by_ops(Recurrence kind, const kernel::RecurrentSteps& steps, const Tensor& x, Tensor h, Tensor c,
                  const RecurrentWeights& w) {
  const auto count = static_cast<int64_t>(steps.counts.size());
  TensorList outs(steps.counts.size());
  for (int64_t s = 0; s < count; ++s) {
    const auto t = static_cast<size_t>(steps.reverse ? count - 1 - s : s);
    const int64_t n = steps.counts[t];
    Tensor cell = c.defined() ? c.narrow(0, 0, n) : c;
    outs[t] = step_by_ops(kind, x.narrow(0, steps.offsets[t], n), h.narrow(0, 0, n), cell, w);
    h = replaced(h, outs[t]);
    if (c.defined()) c = replaced(c, cell);
  }
  TensorList results{cat(outs), h};
  if (c.defined()) results.push_back(c);
  return results;
}

TensorList layer(Recurrence kind, const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& w,
                 const RecurrentSequence& sequence) {
  const kernel::RecurrentSteps steps(sequence.counts, sequence.reverse);
  check_operands(kind, x, h0, c0, w, steps);
  const Inputs inputs{x, h0, c0, w.ih, w.hh, w.bias_ih, w.bias_hh, w.hr};
  const bool save = records(inputs);
  const kernel::RecurrentOperands in{dense(x),    dense(h0),        dense(c0),        dense(w.ih),
                                     dense(w.hh), dense(w.bias_ih), dense(w.bias_hh), dense(w.hr)};
  kernel::RecurrentResults r = kernel::recurrent(kind, steps, in, save);
  TensorList outs{r.out, r.h};
  if (kind == Recurrence::Lstm) outs.push_back(r.c);
  if (!save) return outs;
  r.out = r.h = r.c = Tensor();
  const std::array<Saved, 8> operands{saved(x),    saved(h0),        saved(c0),        saved(w.ih),
                                      saved(w.hh), saved(w.bias_ih), saved(w.bias_hh), saved(w.hr)};
  auto rule = [kind, steps, in, r, operands](std::span<const Tensor> g, Grads& grads) {
    TensorList now(operands.begin(), operands.end());  // throws if one was changed in place
    if (GradMode::is_enabled())
      return composed_gradients(g, grads, now, [&](const TensorList& t) {
        return by_ops(kind, steps, t[0], t[1], t[2], {t[3], t[4], t[5], t[6], t[7]});
      });
    std::array<bool, 8> wanted{};
    for (size_t i = 0; i < wanted.size(); ++i) wanted[i] = grads.needs(i);
    const auto d = kernel::recurrent_grad(kind, steps, in, r, g[0], g[1], g.size() > 2 ? g[2] : Tensor(), wanted);
    const TensorList found{d.x, d.h, d.c, d.w_ih, d.w_hh, d.b_ih, d.b_hh, d.w_hr};
    for (size_t i = 0; i < found.size(); ++i)
      if (grads.needs(i)) grads[i] = found[i];
  };
  return record(op(op_name(kind), "reverse", sequence.reverse), std::move(outs), inputs, std::move(rule));
}

Recurrence rnn_kind(bool relu) { return relu ? Recurrence::RnnRelu : Recurrence::RnnTanh; }

}  // namespace

TensorList lstm_layer(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& weights,
                      const RecurrentSequence& sequence) {
  return layer(Recurrence::Lstm, x, h0, c0, weights, sequence);
}
TensorList gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                     const RecurrentSequence& sequence) {
  return layer(Recurrence::Gru, x, h0, {}, weights, sequence);
}
TensorList rnn_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                     const RecurrentSequence& sequence, bool relu) {
  return layer(rnn_kind(relu), x, h0, {}, weights, sequence);
}

TensorList lstm_layer_by_ops(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& weights,
                             const RecurrentSequence& sequence) {
  return by_ops(Recurrence::Lstm, {sequence.counts, sequence.reverse}, x, h0, c0, weights);
}
TensorList gru_layer_by_ops(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                            const RecurrentSequence& sequence) {
  return by_ops(Recurrence::Gru, {sequence.counts, sequence.reverse}, x, h0, {}, weights);
}
TensorList rnn_layer_by_ops(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                            const RecurrentSequence& sequence, bool relu) {
  return by_ops(rnn_kind(relu), {sequence.counts, sequence.reverse}, x, h0, {}, weights);
}

}  // namespace weft::autograd
