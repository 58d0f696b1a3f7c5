// The gates of recurrent layers: vectorised for float32, plain for float64.
#include "weft/tensor/kernels/recurrent/gates.h"

#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/recurrent/gates.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

HWY_INLINE Vec gate_sigmoid(Vec x) { return hn::Div(all(1), hn::Add(all(1), exp_of(hn::Neg(x)))); }
/// y (1 - y), the slope of sigmoid where it is y.
HWY_INLINE Vec sigmoid_slope(Vec y) { return hn::NegMulAdd(y, y, y); }
/// 1 - y^2, the slope of tanh where it is y.
HWY_INLINE Vec tanh_slope(Vec y) { return hn::NegMulAdd(y, y, all(1)); }

void lstm_row(float* gates, float* c, float* tanh_c, float* h, int64_t n) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    float* at = gates + j;
    const Vec i = gate_sigmoid(load(at, part)), f = gate_sigmoid(load(at + n, part));
    const Vec g = vtanh(kLanes, load(at + 2 * n, part)), o = gate_sigmoid(load(at + 3 * n, part));
    const Vec cell = hn::MulAdd(f, load(c + j, part), hn::Mul(i, g)), bent = vtanh(kLanes, cell);
    store(i, at, part), store(f, at + n, part), store(g, at + 2 * n, part), store(o, at + 3 * n, part);
    store(cell, c + j, part), store(bent, tanh_c + j, part), store(hn::Mul(o, bent), h + j, part);
  });
}

void lstm_grad_row(const float* gates, const float* c_before, const float* tanh_c, const float* dh, float* dc,
                   float* dgates, int64_t n) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const float* at = gates + j;
    const Vec i = load(at, part), f = load(at + n, part), g = load(at + 2 * n, part), o = load(at + 3 * n, part);
    const Vec bent = load(tanh_c + j, part), up = load(dh + j, part);
    const Vec cell = hn::MulAdd(hn::Mul(up, o), tanh_slope(bent), load(dc + j, part));
    float* to = dgates + j;
    store(hn::Mul(hn::Mul(cell, g), sigmoid_slope(i)), to, part);
    store(hn::Mul(hn::Mul(cell, load(c_before + j, part)), sigmoid_slope(f)), to + n, part);
    store(hn::Mul(hn::Mul(cell, i), tanh_slope(g)), to + 2 * n, part);
    store(hn::Mul(hn::Mul(up, bent), sigmoid_slope(o)), to + 3 * n, part);
    store(hn::Mul(cell, f), dc + j, part);
  });
}

void gru_row(const float* x, const float* hid, float* gates, float* h, int64_t n) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const Vec r = gate_sigmoid(hn::Add(load(x + j, part), load(hid + j, part)));
    const Vec z = gate_sigmoid(hn::Add(load(x + n + j, part), load(hid + n + j, part)));
    const Vec own = load(hid + 2 * n + j, part);
    const Vec fresh = vtanh(kLanes, hn::MulAdd(r, own, load(x + 2 * n + j, part)));
    float* at = gates + j;
    store(r, at, part), store(z, at + n, part), store(fresh, at + 2 * n, part), store(own, at + 3 * n, part);
    store(hn::MulAdd(z, hn::Sub(load(h + j, part), fresh), fresh), h + j, part);
  });
}

void gru_grad_row(const float* gates, const float* h_before, float* dh, float* dx, float* dhid, int64_t n) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const float* at = gates + j;
    const Vec r = load(at, part), z = load(at + n, part), fresh = load(at + 2 * n, part), own = load(at + 3 * n, part);
    const Vec up = load(dh + j, part);
    const Vec dn = hn::Mul(hn::NegMulAdd(up, z, up), tanh_slope(fresh));
    const Vec dz = hn::Mul(hn::Mul(up, hn::Sub(load(h_before + j, part), fresh)), sigmoid_slope(z));
    const Vec dr = hn::Mul(hn::Mul(dn, own), sigmoid_slope(r));
    store(dr, dx + j, part), store(dz, dx + n + j, part), store(dn, dx + 2 * n + j, part);
    store(dr, dhid + j, part), store(dz, dhid + n + j, part), store(hn::Mul(dn, r), dhid + 2 * n + j, part);
    store(hn::Mul(up, z), dh + j, part);
  });
}

void rnn_row(float* sums, float* h, int64_t n, bool relu) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const Vec x = load(sums + j, part), y = relu ? hn::Max(x, all(0)) : vtanh(kLanes, x);
    store(y, sums + j, part), store(y, h + j, part);
  });
}

void rnn_grad_row(const float* h, const float* dh, float* dsums, int64_t n, bool relu) {
  each_vector(n, [&](int64_t j, auto part) HWY_ATTR {
    const Vec y = load(h + j, part), up = load(dh + j, part);
    store(relu ? hn::IfThenElseZero(hn::Gt(y, all(0)), up) : hn::Mul(up, tanh_slope(y)), dsums + j, part);
  });
}

}  // namespace

GateLoops<float> make_gate_loops() { return {lstm_row, lstm_grad_row, gru_row, gru_grad_row, rnn_row, rnn_grad_row}; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace weft::kernel {
namespace {

HWY_EXPORT(make_gate_loops);

double plain_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void plain_lstm(double* gates, double* c, double* tanh_c, double* h, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    double &i = gates[j], &f = gates[n + j], &g = gates[2 * n + j], &o = gates[3 * n + j];
    i = plain_sigmoid(i), f = plain_sigmoid(f), g = std::tanh(g), o = plain_sigmoid(o);
    c[j] = f * c[j] + i * g;
    tanh_c[j] = std::tanh(c[j]);
    h[j] = o * tanh_c[j];
  }
}

void plain_lstm_grad(const double* gates, const double* c_before, const double* tanh_c, const double* dh, double* dc,
                     double* dgates, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    const double i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j], t = tanh_c[j];
    const double cell = dc[j] + dh[j] * o * (1 - t * t);
    dgates[j] = cell * g * i * (1 - i);
    dgates[n + j] = cell * c_before[j] * f * (1 - f);
    dgates[2 * n + j] = cell * i * (1 - g * g);
    dgates[3 * n + j] = dh[j] * t * o * (1 - o);
    dc[j] = cell * f;
  }
}

void plain_gru(const double* x, const double* hid, double* gates, double* h, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    const double r = plain_sigmoid(x[j] + hid[j]), z = plain_sigmoid(x[n + j] + hid[n + j]), own = hid[2 * n + j];
    const double fresh = std::tanh(x[2 * n + j] + r * own);
    gates[j] = r, gates[n + j] = z, gates[2 * n + j] = fresh, gates[3 * n + j] = own;
    h[j] = fresh + z * (h[j] - fresh);
  }
}

void plain_gru_grad(const double* gates, const double* h_before, double* dh, double* dx, double* dhid, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    const double r = gates[j], z = gates[n + j], fresh = gates[2 * n + j], own = gates[3 * n + j];
    const double dn = dh[j] * (1 - z) * (1 - fresh * fresh);
    dx[j] = dhid[j] = dn * own * r * (1 - r);
    dx[n + j] = dhid[n + j] = dh[j] * (h_before[j] - fresh) * z * (1 - z);
    dx[2 * n + j] = dn;
    dhid[2 * n + j] = dn * r;
    dh[j] *= z;
  }
}

void plain_rnn(double* sums, double* h, int64_t n, bool relu) {
  for (int64_t j = 0; j < n; ++j) h[j] = sums[j] = relu ? (sums[j] < 0 ? 0 : sums[j]) : std::tanh(sums[j]);
}

void plain_rnn_grad(const double* h, const double* dh, double* dsums, int64_t n, bool relu) {
  for (int64_t j = 0; j < n; ++j) dsums[j] = relu ? (h[j] > 0 ? dh[j] : 0) : dh[j] * (1 - h[j] * h[j]);
}

}  // namespace

const GateLoops<float>& gate_loops(float) {
  static const GateLoops<float> loops = HWY_DYNAMIC_DISPATCH(make_gate_loops)();
  return loops;
}

const GateLoops<double>& gate_loops(double) {
  static const GateLoops<double> loops{plain_lstm,     plain_lstm_grad, plain_gru,
                                       plain_gru_grad, plain_rnn,       plain_rnn_grad};
  return loops;
}

}  // namespace weft::kernel
#endif
