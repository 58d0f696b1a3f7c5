// The float32 loops of channels.h, compiled once per instruction set.
#include "weft/tensor/kernels/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/channels_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "weft/tensor/kernels/channels.h"
#include "weft/tensor/kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

void plane_moments(const float* x, int64_t n, float* mean, float* m2) {
  const float m = sum_over(n, [&](int64_t i, auto part) HWY_ATTR { return or_else(load(x + i, part), part, 0); }) /
                  static_cast<float>(n);
  const Vec vm = all(m);
  *mean = m;
  *m2 = sum_over(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec d = or_else(hn::Sub(load(x + i, part), vm), part, 0);
    return hn::Mul(d, d);
  });
}

void row_moments(const float* x, int64_t rows, int64_t c, float* mean, float* m2) {
  const Vec share = all(1 / static_cast<float>(rows));
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    Vec sum = hn::Zero(kLanes), squares = hn::Zero(kLanes);
    for (int64_t r = 0; r < rows; ++r) sum = hn::Add(sum, load(x + r * c + j, part));
    const Vec m = hn::Mul(sum, share);
    for (int64_t r = 0; r < rows; ++r) {
      const Vec d = hn::Sub(load(x + r * c + j, part), m);
      squares = hn::MulAdd(d, d, squares);
    }
    store(m, mean + j, part);
    store(squares, m2 + j, part);
  });
}

void plane_affine(const float* x, float* y, int64_t n, float mean, float a, float b) {
  const Vec vm = all(mean), va = all(a), vb = all(b);
  each_vector(n, [&](int64_t i, auto part)
                     HWY_ATTR { store(hn::MulAdd(hn::Sub(load(x + i, part), vm), va, vb), y + i, part); });
}

void row_affine(const float* x, float* y, int64_t rows, int64_t c, const float* mean, const float* a, const float* b) {
  for (int64_t r = 0; r < rows; ++r, x += c, y += c)
    each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
      const Vec d = hn::Sub(load(x + j, part), load(mean + j, part));
      store(hn::MulAdd(d, load(a + j, part), load(b + j, part)), y + j, part);
    });
}

void plane_dots(const float* g, const float* x, int64_t n, float mean, float* sum_g, float* sum_gx) {
  const Vec vm = all(mean);
  Vec sg = hn::Zero(kLanes), sx = sg, sg2 = sg, sx2 = sg;
  const int64_t step = lanes();
  int64_t i = 0;
  for (; i + 2 * step <= n; i += 2 * step) {
    const Vec g1 = load(g + i, Whole()), g2 = load(g + i + step, Whole());
    sg = hn::Add(sg, g1);
    sx = hn::MulAdd(g1, hn::Sub(load(x + i, Whole()), vm), sx);
    sg2 = hn::Add(sg2, g2);
    sx2 = hn::MulAdd(g2, hn::Sub(load(x + i + step, Whole()), vm), sx2);
  }
  each_vector(n - i, [&](int64_t k, auto part) HWY_ATTR {
    const Vec gi = or_else(load(g + i + k, part), part, 0);
    const Vec d = or_else(hn::Sub(load(x + i + k, part), vm), part, 0);
    sg = hn::Add(sg, gi);
    sx = hn::MulAdd(gi, d, sx);
  });
  *sum_g = sum_of(hn::Add(sg, sg2));
  *sum_gx = sum_of(hn::Add(sx, sx2));
}

void row_dots(const float* g, const float* x, int64_t rows, int64_t c, const float* mean, float* sum_g, float* sum_gx) {
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    const Vec m = load(mean + j, part);
    Vec sg = hn::Zero(kLanes), sx = hn::Zero(kLanes);
    for (int64_t r = 0; r < rows; ++r) {
      const Vec gi = load(g + r * c + j, part);
      sg = hn::Add(sg, gi);
      sx = hn::MulAdd(gi, hn::Sub(load(x + r * c + j, part), m), sx);
    }
    store(sg, sum_g + j, part);
    store(sx, sum_gx + j, part);
  });
}

void plane_mix(const float* g, const float* x, float* out, int64_t n, float mean, float p, float q, float r) {
  const Vec vm = all(mean), vp = all(p), vq = all(q), vr = all(r);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec d = hn::Sub(load(x + i, part), vm);
    store(hn::MulAdd(vp, load(g + i, part), hn::MulAdd(vq, d, vr)), out + i, part);
  });
}

void row_mix(const float* g, const float* x, float* out, int64_t rows, int64_t c, const float* mean, const float* p,
             const float* q, const float* r) {
  for (int64_t i = 0; i < rows; ++i, g += c, x += c, out += c)
    each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
      const Vec d = hn::Sub(load(x + j, part), load(mean + j, part));
      const Vec rest = hn::MulAdd(load(q + j, part), d, load(r + j, part));
      store(hn::MulAdd(load(p + j, part), load(g + j, part), rest), out + j, part);
    });
}

// Scales x by w where it is not positive.
HWY_INLINE Vec prelu_of(Vec x, Vec w) { return hn::IfThenElse(hn::Gt(x, hn::Zero(kLanes)), x, hn::Mul(w, x)); }

void plane_prelu(const float* x, float* y, int64_t n, float w) {
  const Vec vw = all(w);
  each_vector(n, [&](int64_t i, auto part) HWY_ATTR { store(prelu_of(load(x + i, part), vw), y + i, part); });
}

void row_prelu(const float* x, float* y, int64_t rows, int64_t c, const float* w) {
  for (int64_t r = 0; r < rows; ++r, x += c, y += c)
    each_vector(
        c, [&](int64_t j, auto part) HWY_ATTR { store(prelu_of(load(x + j, part), load(w + j, part)), y + j, part); });
}

void plane_prelu_grad(const float* g, const float* x, float* out, int64_t n, float w, float* sum) {
  const Vec vw = all(w), zero = hn::Zero(kLanes);
  *sum = sum_over(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec gi = load(g + i, part), xi = load(x + i, part);
    const auto positive = hn::Gt(xi, zero);
    store(hn::IfThenElse(positive, gi, hn::Mul(vw, gi)), out + i, part);
    return or_else(hn::IfThenZeroElse(positive, hn::Mul(gi, xi)), part, 0);
  });
}

void row_prelu_grad(const float* g, const float* x, float* out, int64_t rows, int64_t c, const float* w, float* sum) {
  each_vector(c, [&](int64_t j, auto part) HWY_ATTR {
    const Vec vw = load(w + j, part), zero = hn::Zero(kLanes);
    Vec s = zero;
    for (int64_t r = 0; r < rows; ++r) {
      const Vec gi = load(g + r * c + j, part), xi = load(x + r * c + j, part);
      const auto positive = hn::Gt(xi, zero);
      store(hn::IfThenElse(positive, gi, hn::Mul(vw, gi)), out + r * c + j, part);
      s = hn::Add(s, hn::IfThenZeroElse(positive, hn::Mul(gi, xi)));
    }
    store(s, sum + j, part);
  });
}

}  // namespace

ChannelLoops<float> make_channel_loops() {
  return {plane_moments, row_moments, plane_affine, row_affine, plane_dots,       row_dots,
          plane_mix,     row_mix,     plane_prelu,  row_prelu,  plane_prelu_grad, row_prelu_grad};
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(make_channel_loops);
}  // namespace

template <>
const ChannelLoops<float>& channel_loops<float>() {
  static const ChannelLoops<float> loops = HWY_DYNAMIC_DISPATCH(make_channel_loops)();
  return loops;
}

}  // namespace weft::kernel
#endif
