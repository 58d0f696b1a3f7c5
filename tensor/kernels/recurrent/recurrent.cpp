// The product of all inputs is one matrix product. The steps then run in pieces of sequences, which need nothing of one
// another: a piece walks through all its steps, each a matrix product with the hidden state and the gates.
#include "weft/tensor/kernels/recurrent/recurrent.h"

#include <algorithm>
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/matmul/gemm.h"
#include "weft/tensor/kernels/recurrent/gates.h"
#include "weft/tensor/kernels/reduce/reduce.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {

int64_t gate_count(Recurrence kind) { return kind == Recurrence::Lstm ? 4 : kind == Recurrence::Gru ? 3 : 1; }

RecurrentSteps::RecurrentSteps(std::vector<int64_t> given, bool reverse) : counts(std::move(given)), reverse(reverse) {
  offsets.assign(1, 0);
  for (int64_t n : counts) offsets.push_back(offsets.back() + n);
}

namespace {

/// Sequences of one piece: halves of a small batch, else at least 32, so that the product's packing pays.
int64_t piece_of(int64_t batch) {
  if (batch < 16) return batch;
  if (batch < 64) return (batch / 2 + 7) / 8 * 8;
  return std::max<int64_t>(32, (batch / 16 + 15) / 16 * 16);
}

/// Calls f(first sequence, sequences) for each piece.
template <class F>
void each_piece(const RecurrentSteps& steps, double cost_per_row, const F& f) {
  const int64_t batch = steps.batch(), piece = std::max<int64_t>(1, piece_of(batch)),
                count = (batch + piece - 1) / piece;
  if (count == 0) return;
  if (count == 1) {
    FlushDenormals flush;
    return f(int64_t{0}, batch);
  }
  const double cost = cost_per_row * static_cast<double>(steps.rows()) / static_cast<double>(count);
  parallel_pieces(count, cost, [&](int64_t i) { f(i * piece, std::min(piece, batch - i * piece)); });
}

/// Calls f(row, sequences) for each step in the order of the recurrence, or against it: `sequences` of the piece that
/// begins at sequence `first` take part, and `row` is the first one's row.
template <class F>
void each_step(const RecurrentSteps& steps, bool backwards, int64_t first, int64_t sequences, const F& f) {
  const auto count = static_cast<int64_t>(steps.counts.size());
  for (int64_t s = 0; s < count; ++s) {
    const int64_t t = steps.reverse == backwards ? s : count - 1 - s;
    const int64_t n = std::min(first + sequences, steps.counts[static_cast<size_t>(t)]) - first;
    if (n > 0) f(steps.offsets[static_cast<size_t>(t)] + first, n);
  }
}

template <class T>
void copy_rows(T* to, const T* from, int64_t count) {
  std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
}

template <class T>
T* data_of(const Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}

/// c [m, n] = a [m, k] w^T + beta c (+ bias), w [n, k].
template <class T>
void times_transposed(int64_t m, int64_t n, int64_t k, const T* a, const T* w, T beta, T* c, const T* bias = nullptr) {
  gemm<T>(m, n, k, T(1), {a, k, 1}, {w, 1, k}, beta, c, n, bias);
}
/// c [m, n] = a [m, k] w + beta c, w [k, n].
template <class T>
void times(int64_t m, int64_t n, int64_t k, const T* a, const T* w, T beta, T* c) {
  gemm<T>(m, n, k, T(1), {a, k, 1}, {w, n, 1}, beta, c, n);
}

Tensor sum_of(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? binary(Binary::Add, "recurrent", a, b) : a;
}

template <class T>
class Forward {
 public:
  Forward(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in, RecurrentResults& out,
          const Tensor& x_sums, bool save)
      : kind_(kind),
        steps_(steps),
        save_(save),
        hidden_(in.w_hh.size(0) / gate_count(kind)),
        state_(in.w_hh.size(1)),
        sums_(data_of<T>(x_sums)),
        w_hh_(data_of<T>(in.w_hh)),
        w_hr_(data_of<T>(in.w_hr)),
        b_hh_(kind == Recurrence::Gru ? data_of<T>(in.b_hh) : nullptr),
        out_(data_of<T>(out.out)),
        h_(data_of<T>(out.h)),
        c_(data_of<T>(out.c)),
        gates_(data_of<T>(out.gates)),
        h_before_(data_of<T>(out.h_before)),
        c_before_(data_of<T>(out.c_before)),
        tanh_c_(data_of<T>(out.tanh_c)),
        unprojected_(data_of<T>(out.hidden)) {}

  void run() {
    const double flop = 2 * static_cast<double>(gate_count(kind_) * hidden_ * state_);
    each_piece(steps_, flop / 50 + static_cast<double>(hidden_) * 3, [&](int64_t first, int64_t sequences) {
      // Room for what a step leaves behind and nothing reads, or only the projection.
      std::vector<T> spare(static_cast<size_t>(sequences * hidden_ * 4)),
          spare2(static_cast<size_t>(sequences * hidden_ * 3));
      each_step(steps_, false, first, sequences, [&](int64_t row, int64_t n) {
        T *h = h_ + first * state_, *c = c_ ? c_ + first * hidden_ : nullptr;
        if (save_) copy_rows(h_before_ + row * state_, h, n * state_);
        if (save_ && c) copy_rows(c_before_ + row * hidden_, c, n * hidden_);
        if (kind_ == Recurrence::Lstm)
          lstm(row, n, h, c, spare.data(), spare2.data());
        else if (kind_ == Recurrence::Gru)
          gru(row, n, h, spare.data(), spare2.data());
        else
          rnn(row, n, h);
        copy_rows(out_ + row * state_, h, n * state_);
      });
    });
  }

 private:
  void lstm(int64_t row, int64_t n, T* h, T* c, T* spare, T* spare2) {
    const int64_t width = 4 * hidden_;
    T* gates = sums_ + row * width;
    times_transposed<T>(n, width, state_, h, w_hh_, 1, gates);
    T* bent = save_ ? tanh_c_ + row * hidden_ : spare;
    T* to = !w_hr_ ? h : unprojected_ ? unprojected_ + row * hidden_ : spare2;
    for (int64_t i = 0; i < n; ++i)
      loops_.lstm(gates + i * width, c + i * hidden_, bent + i * hidden_, to + i * hidden_, hidden_);
    if (w_hr_) times_transposed<T>(n, state_, hidden_, to, w_hr_, 0, h);
  }
  void gru(int64_t row, int64_t n, T* h, T* spare, T* hid) {
    times_transposed<T>(n, 3 * hidden_, state_, h, w_hh_, 0, hid, b_hh_);
    T* gates = save_ ? gates_ + row * 4 * hidden_ : spare;
    for (int64_t i = 0; i < n; ++i)
      loops_.gru(sums_ + (row + i) * 3 * hidden_, hid + i * 3 * hidden_, gates + i * 4 * hidden_, h + i * hidden_,
                 hidden_);
  }
  void rnn(int64_t row, int64_t n, T* h) {
    T* sums = sums_ + row * hidden_;
    times_transposed<T>(n, hidden_, state_, h, w_hh_, 1, sums);
    for (int64_t i = 0; i < n; ++i)
      loops_.rnn(sums + i * hidden_, h + i * hidden_, hidden_, kind_ == Recurrence::RnnRelu);
  }

  Recurrence kind_;
  const RecurrentSteps& steps_;
  bool save_;
  int64_t hidden_, state_;
  T* sums_;
  const T *w_hh_, *w_hr_, *b_hh_;
  T *out_, *h_, *c_, *gates_, *h_before_, *c_before_, *tanh_c_, *unprojected_;
  const GateLoops<T>& loops_ = gate_loops(T());
};

/// The gradients of the sums of each step; the products over all steps follow.
template <class T>
class Backward {
 public:
  Backward(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in, const RecurrentResults& saved,
           const Tensor& dout, const Tensor& dh, const Tensor& dc, const Tensor& dx_sums, const Tensor& dh_sums,
           const Tensor& dstate)
      : kind_(kind),
        steps_(steps),
        hidden_(in.w_hh.size(0) / gate_count(kind)),
        state_(in.w_hh.size(1)),
        w_hh_(data_of<T>(in.w_hh)),
        w_hr_(data_of<T>(in.w_hr)),
        gates_(data_of<T>(saved.gates)),
        h_before_(data_of<T>(saved.h_before)),
        c_before_(data_of<T>(saved.c_before)),
        tanh_c_(data_of<T>(saved.tanh_c)),
        dout_(data_of<T>(dout)),
        dh_(data_of<T>(dh)),
        dc_(data_of<T>(dc)),
        dx_sums_(data_of<T>(dx_sums)),
        dh_sums_(data_of<T>(dh_sums)),
        dstate_(data_of<T>(dstate)) {}

  void run() {
    const double flop = 2 * static_cast<double>(gate_count(kind_) * hidden_ * state_);
    each_piece(steps_, flop / 50 + static_cast<double>(hidden_) * 3, [&](int64_t first, int64_t sequences) {
      std::vector<T> spare(static_cast<size_t>(w_hr_ ? sequences * hidden_ : 0));
      each_step(steps_, true, first, sequences, [&](int64_t row, int64_t n) {
        T* dh = dh_ + first * state_;
        if (dout_)
          for (int64_t j = 0; j < n * state_; ++j) dh[j] += dout_[row * state_ + j];
        if (kind_ == Recurrence::Lstm)
          lstm(row, n, dh, dc_ + first * hidden_, spare.data());
        else if (kind_ == Recurrence::Gru)
          gru(row, n, dh);
        else
          rnn(row, n, dh);
      });
    });
  }

 private:
  void lstm(int64_t row, int64_t n, T* dh, T* dc, T* spare) {
    const int64_t width = 4 * hidden_;
    const T* up = dh;
    if (w_hr_) {
      copy_rows(dstate_ + row * state_, dh, n * state_);
      times<T>(n, hidden_, state_, dh, w_hr_, 0, spare);
      up = spare;
    }
    T* dgates = dx_sums_ + row * width;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = (row + i) * hidden_;
      loops_.lstm_grad(gates_ + (row + i) * width, c_before_ + at, tanh_c_ + at, up + i * hidden_, dc + i * hidden_,
                       dgates + i * width, hidden_);
    }
    times<T>(n, state_, width, dgates, w_hh_, 0, dh);
  }
  void gru(int64_t row, int64_t n, T* dh) {
    const int64_t width = 3 * hidden_;
    for (int64_t i = 0; i < n; ++i)
      loops_.gru_grad(gates_ + (row + i) * 4 * hidden_, h_before_ + (row + i) * hidden_, dh + i * hidden_,
                      dx_sums_ + (row + i) * width, dh_sums_ + (row + i) * width, hidden_);
    times<T>(n, state_, width, dh_sums_ + row * width, w_hh_, 1, dh);
  }
  void rnn(int64_t row, int64_t n, T* dh) {
    T* dsums = dx_sums_ + row * hidden_;
    for (int64_t i = 0; i < n; ++i)
      loops_.rnn_grad(gates_ + (row + i) * hidden_, dh + i * hidden_, dsums + i * hidden_, hidden_,
                      kind_ == Recurrence::RnnRelu);
    times<T>(n, state_, hidden_, dsums, w_hh_, 0, dh);
  }

  Recurrence kind_;
  const RecurrentSteps& steps_;
  int64_t hidden_, state_;
  const T *w_hh_, *w_hr_, *gates_, *h_before_, *c_before_, *tanh_c_, *dout_;
  T *dh_, *dc_, *dx_sums_, *dh_sums_, *dstate_;
  const GateLoops<T>& loops_ = gate_loops(T());
};

Tensor copy_or_zeros(const Tensor& t, const Tensor& like) {
  return t.defined() ? copy_of(t, t.dtype()) : zeros(like.sizes(), like.dtype());
}

/// a^T b: [n, m]^T [n, k] -> [m, k]
Tensor transposed_product(const Tensor& a, const Tensor& b) {
  const Tensor out = empty({a.size(1), b.size(1)}, a.dtype());
  dispatch_float("recurrent", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    gemm<T>(a.size(1), b.size(1), a.size(0), T(1), {a.data_ptr<T>(), 1, a.size(1)}, {b.data_ptr<T>(), b.size(1), 1},
            T(0), out.data_ptr<T>(), b.size(1));
  });
  return out;
}

/// x w^T + bias: [n, k] [m, k]^T -> [n, m]
Tensor input_sums(const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Tensor out = empty({x.size(0), w.size(0)}, x.dtype());
  dispatch_float("recurrent", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    times_transposed<T>(x.size(0), w.size(0), x.size(1), x.data_ptr<T>(), w.data_ptr<T>(), T(0), out.data_ptr<T>(),
                        data_of<T>(bias));
  });
  return out;
}

}  // namespace

RecurrentResults recurrent(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in, bool save) {
  const Dtype dtype = in.x.dtype();
  const int64_t rows = steps.rows(), state = in.w_hh.size(1), hidden = in.w_hh.size(0) / gate_count(kind);
  const bool lstm = kind == Recurrence::Lstm, gru = kind == Recurrence::Gru;
  RecurrentResults r;
  r.out = empty({rows, state}, dtype);
  r.h = copy_of(in.h, dtype);
  if (lstm) r.c = copy_of(in.c, dtype);
  // The sums of LSTM and RNN become their gates in place.
  const Tensor sums = input_sums(in.x, in.w_ih, gru ? in.b_ih : sum_of(in.b_ih, in.b_hh));
  r.gates = gru ? Tensor() : sums;
  if (save) {
    if (gru) r.gates = empty({rows, 4 * hidden}, dtype);
    r.h_before = empty({rows, state}, dtype);
    if (lstm) r.c_before = empty({rows, hidden}, dtype), r.tanh_c = empty({rows, hidden}, dtype);
    if (in.w_hr.defined()) r.hidden = empty({rows, hidden}, dtype);
  }
  dispatch_float("recurrent", dtype,
                 [&](auto tag) { Forward<typename decltype(tag)::type>(kind, steps, in, r, sums, save).run(); });
  return r;
}

RecurrentOperands recurrent_grad(Recurrence kind, const RecurrentSteps& steps, const RecurrentOperands& in,
                                 const RecurrentResults& saved, const Tensor& dout, const Tensor& dh, const Tensor& dc,
                                 const std::array<bool, 8>& wanted) {
  const bool gru = kind == Recurrence::Gru, projected = in.w_hr.defined();
  const Dims sums{steps.rows(), in.w_hh.size(0)};
  RecurrentOperands d;
  d.h = copy_or_zeros(dh, in.h);
  if (kind == Recurrence::Lstm) d.c = copy_or_zeros(dc, in.c);
  const Tensor g = dout.defined() ? kernel::contiguous(dout) : dout;
  const Tensor dx_sums = empty(sums, in.x.dtype()), dh_sums = gru ? empty(sums, in.x.dtype()) : dx_sums;
  const Tensor dstate = projected ? empty({steps.rows(), in.w_hh.size(1)}, in.x.dtype()) : Tensor();
  dispatch_float("recurrent", in.x.dtype(), [&](auto tag) {
    Backward<typename decltype(tag)::type>(kind, steps, in, saved, g, d.h, d.c, dx_sums, dh_sums, dstate).run();
  });
  if (wanted[0]) d.x = matmul("recurrent", dx_sums, in.w_ih);
  if (wanted[3]) d.w_ih = transposed_product(dx_sums, in.x);
  if (wanted[4]) d.w_hh = transposed_product(dh_sums, saved.h_before);
  if (wanted[5]) d.b_ih = sum_to(dx_sums, {dx_sums.size(1)});
  if (wanted[6]) d.b_hh = gru || !wanted[5] ? sum_to(dh_sums, {dh_sums.size(1)}) : copy_of(d.b_ih, d.b_ih.dtype());
  if (wanted[7]) d.w_hr = transposed_product(dstate, saved.hidden);
  return d;
}

}  // namespace weft::kernel
