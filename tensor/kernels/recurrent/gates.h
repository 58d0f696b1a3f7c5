// One step of one sequence of a recurrent layer: the functions between its matrix products, and their gradients.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// Loops over the n hidden units of one sequence. Blocks of n elements follow one another in `gates`.
template <class T>
struct GateLoops {
  /// LSTM. gates: sums of i, f, g, o, which become their activations. c = f c + i g in place; tanh_c = tanh(c);
  /// h = o tanh_c.
  void (*lstm)(T* gates, T* c, T* tanh_c, T* h, int64_t n);
  /// dgates from dh and, in place, dc: the gradient of c after the step becomes that before it.
  void (*lstm_grad)(const T* gates, const T* c_before, const T* tanh_c, const T* dh, T* dc, T* dgates, int64_t n);
  /// GRU. x and hid: the sums of r, z, n of input and hidden state. gates receives r, z, n and hid's n; h = n + z (h -
  /// n) in place.
  void (*gru)(const T* x, const T* hid, T* gates, T* h, int64_t n);
  /// dx and dhid: the gradients of x and hid; dh becomes the part of the gradient of h before the step that does not
  /// go through hid.
  void (*gru_grad)(const T* gates, const T* h_before, T* dh, T* dx, T* dhid, int64_t n);
  /// h = tanh(sums) or relu(sums), which `sums` becomes too.
  void (*rnn)(T* sums, T* h, int64_t n, bool relu);
  /// dsums = dh (1 - h^2), or dh where h > 0.
  void (*rnn_grad)(const T* h, const T* dh, T* dsums, int64_t n, bool relu);
};

/// Vectorised for this machine.
const GateLoops<float>& gate_loops(float);
/// Plain.
const GateLoops<double>& gate_loops(double);

}  // namespace weft::kernel
