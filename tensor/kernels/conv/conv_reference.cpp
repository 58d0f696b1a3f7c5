#include "weft/tensor/kernels/conv/conv_reference.h"

#include <algorithm>

#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

// The output positions [begin, end) of one dimension whose input position out * stride + shift exists.
struct Range {
  int64_t begin, end, shift;
  Range(int64_t out, int64_t in, int64_t stride, int64_t dilation, int64_t pad, int64_t k) : shift(k * dilation - pad) {
    begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    end = in - 1 - shift < 0 ? 0 : std::min(out, (in - 1 - shift) / stride + 1);
  }
};

// Calls body(weight's index in its [kh, kw] plane, a row of y, the matching row of x, columns, x's first column) for
// every kernel position of a plane of x and one of y.
template <class Body>
void for_each_tap(const ConvShape& s, Body&& body) {
  for (int64_t kh = 0; kh < s.kh; ++kh) {
    const Range rows(s.oh, s.h, s.stride[0], s.dilation[0], s.pad_low[0], kh);
    for (int64_t kw = 0; kw < s.kw; ++kw) {
      const Range columns(s.ow, s.w, s.stride[1], s.dilation[1], s.pad_low[1], kw);
      for (int64_t i = rows.begin; i < rows.end; ++i)
        body(kh * s.kw + kw, i * s.ow, (i * s.stride[0] + rows.shift) * s.w + columns.shift, columns.begin,
             columns.end);
    }
  }
}

double plane_cost(const ConvShape& s) { return static_cast<double>(s.oh * s.ow * s.kh * s.kw); }

}  // namespace

template <class T>
void conv_forward_reference(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y) {
  const int64_t in = s.c / s.groups, out = s.o / s.groups, step = s.stride[1];
  parallel_for(s.n * s.o, plane_cost(s) * static_cast<double>(in), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      const int64_t n = plane / s.o, o = plane % s.o;
      T* to = y + plane * s.oh * s.ow;
      std::fill(to, to + s.oh * s.ow, bias ? bias[o] : T(0));
      for (int64_t c = 0; c < in; ++c) {
        const T* from = x + (n * s.c + o / out * in + c) * s.h * s.w;
        const T* w = weight + (o * in + c) * s.kh * s.kw;
        for_each_tap(s, [&](int64_t tap, int64_t row, int64_t x_row, int64_t first, int64_t last) {
          for (int64_t j = first; j < last; ++j) to[row + j] += w[tap] * from[x_row + j * step];
        });
      }
    }
  });
}

template <class T>
void conv_input_grad_reference(const ConvShape& s, const T* dy, const T* weight, const T* bias, T* dx) {
  const int64_t in = s.c / s.groups, out = s.o / s.groups, step = s.stride[1];
  parallel_for(s.n * s.c, plane_cost(s) * static_cast<double>(out), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      const int64_t n = plane / s.c, c = plane % s.c;
      T* to = dx + plane * s.h * s.w;
      std::fill(to, to + s.h * s.w, bias ? bias[c] : T(0));
      for (int64_t o = c / in * out; o < (c / in + 1) * out; ++o) {
        const T* from = dy + (n * s.o + o) * s.oh * s.ow;
        const T* w = weight + (o * in + c % in) * s.kh * s.kw;
        for_each_tap(s, [&](int64_t tap, int64_t row, int64_t x_row, int64_t first, int64_t last) {
          for (int64_t j = first; j < last; ++j) to[x_row + j * step] += w[tap] * from[row + j];
        });
      }
    }
  });
}

template <class T>
void conv_weight_grad_reference(const ConvShape& s, const T* dy, const T* x, T* dw, T* db) {
  const int64_t in = s.c / s.groups, out = s.o / s.groups, step = s.stride[1];
  if (dw)
    parallel_for(s.o * in, plane_cost(s) * static_cast<double>(s.n), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const int64_t o = plane / in, c = plane % in;
        T* to = dw + plane * s.kh * s.kw;
        std::fill(to, to + s.kh * s.kw, T(0));
        for (int64_t n = 0; n < s.n; ++n) {
          const T* from = x + (n * s.c + o / out * in + c) * s.h * s.w;
          const T* g = dy + (n * s.o + o) * s.oh * s.ow;
          for_each_tap(s, [&](int64_t tap, int64_t row, int64_t x_row, int64_t first, int64_t last) {
            T sum = 0;
            for (int64_t j = first; j < last; ++j) sum += g[row + j] * from[x_row + j * step];
            to[tap] += sum;
          });
        }
      }
    });
  if (db)
    parallel_for(s.o, static_cast<double>(s.n * s.oh * s.ow), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        T sum = 0;
        for (int64_t n = 0; n < s.n; ++n) {
          const T* g = dy + (n * s.o + o) * s.oh * s.ow;
          for (int64_t i = 0; i < s.oh * s.ow; ++i) sum += g[i];
        }
        db[o] = sum;
      }
    });
}

#define WEFT_INSTANTIATE(T)                                                                       \
  template void conv_forward_reference<T>(const ConvShape&, const T*, const T*, const T*, T*);    \
  template void conv_input_grad_reference<T>(const ConvShape&, const T*, const T*, const T*, T*); \
  template void conv_weight_grad_reference<T>(const ConvShape&, const T*, const T*, T*, T*);
WEFT_INSTANTIATE(float)
WEFT_INSTANTIATE(double)
#undef WEFT_INSTANTIATE

}  // namespace weft::kernel
