// Activations: rows of a table. A piecewise linear one has its value and the kernel of its slope; a curved one also its
// second derivative in differentiable ops, which gives all further derivatives.
#include <cmath>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/ops/elementwise/elementwise.h"
#include "weft/autograd/record.h"

namespace weft {
namespace {

using autograd::masked;
using autograd::record;
using autograd::saved;
using kernel::Binary;
using kernel::Unary;

/// f''(x) for the parameters p and q.
using SecondDerivative = Tensor (*)(const Tensor& x, double p, double q);

/// The name and the arguments of an activation, as its node keeps them.
struct ActivationCall {
  const char *name, *p_name;
  double p;
  const char* q_name;
  double q;
  autograd::Attributes attributes() const {
    autograd::Attributes all;
    if (p_name) all.push_back({p_name, p});
    if (q_name) all.push_back({q_name, q});
    return all;
  }
};

/// One activation. Without a second derivative it is piecewise linear.
struct Activation {
  const char* op;
  Unary value;
  Binary slope;  ///< g f'(x)
  SecondDerivative second = nullptr;
  const char *p_name = nullptr, *q_name = nullptr;  ///< of the parameters that are arguments of the op

  Tensor operator()(const Tensor& x, double p = 0, double q = 0) const {
    require_floating_point(op, x.dtype());
    return record(ActivationCall{op, p_name, p, q_name, q}, kernel::unary(value, x, p, q), {x},
                  [x = saved(x), row = *this, p, q](const Tensor& g) { return row.gradient(g, x, p, q); });
  }
  Tensor gradient(const Tensor& g, const Tensor& x, double p, double q) const {
    if (!second) return masked(op, slope, g, x, p, q);
    return record(
        op, kernel::binary(slope, op, g, x, p, q), {g, x},
        [x = saved(x), row = *this, p, q](const Tensor& h) { return row.gradient(h, x, p, q); },
        [g = saved(g), x = saved(x), row = *this, p, q](const Tensor& h) { return h * g * row.second(x, p, q); });
  }
};

/// t where condition holds, else 0.
Tensor only_where(const Tensor& condition, const Tensor& t) { return where(condition, t, 0.0); }

Tensor elu_second(const Tensor& x, double alpha, double scale) {
  return only_where(x.le(0), x.clamp_max(0).exp() * (alpha * scale));
}
Tensor celu_second(const Tensor& x, double alpha, double) {
  return only_where(x.le(0), (x.clamp_max(0) / alpha).exp() / alpha);
}
Tensor gelu_second(const Tensor& x, double, double) {
  const Tensor squared = x * x;
  return (squared * -0.5).exp() * (2 - squared) * (M_SQRT1_2 * M_2_SQRTPI / 2);
}
Tensor gelu_tanh_second(const Tensor& x, double, double) {
  // f = x s(2u): f'' = s (1 - s) (4 u' + 2 x u'' + 4 x u'^2 (1 - 2 s)), u = c (x + k x^3)
  constexpr double c = M_SQRT2 * M_2_SQRTPI / 2, k = 0.044715;
  const Tensor squared = x * x, z = x * (squared * k + 1) * (2 * c), s = z.sigmoid();
  const Tensor slope = (squared * (3 * k) + 1) * c;
  return s * (-z).sigmoid() * (slope * 4 + squared * (12 * c * k) + x * slope * slope * (1 - 2 * s) * 4);
}
Tensor silu_second(const Tensor& x, double, double) {
  const Tensor s = x.sigmoid();
  return s * (-x).sigmoid() * (2 + x * (1 - 2 * s));
}
Tensor mish_second(const Tensor& x, double, double) {
  const Tensor s = x.sigmoid(), t = softplus(x).tanh();
  return (1 - t * t) * s * (2 + x * ((1 - s) - 2 * t * s));
}
Tensor softplus_second(const Tensor& x, double beta, double threshold) {
  const Tensor z = x * beta;
  return only_where(z.le(threshold), z.sigmoid() * (-z).sigmoid() * beta);
}
Tensor logsigmoid_second(const Tensor& x, double, double) { return -(x.sigmoid() * (-x).sigmoid()); }
Tensor softsign_second(const Tensor& x, double, double) { return x.sign() * (1 + x.abs()).pow(-3) * -2; }
Tensor tanhshrink_second(const Tensor& x, double, double) {
  const Tensor t = x.tanh();
  return t * (1 - t * t) * 2;
}
Tensor hardswish_second(const Tensor& x, double, double) { return x.abs().lt(3).to(x.dtype()) / 3; }

constexpr Activation kLeakyRelu{"leaky_relu", Unary::LeakyRelu, Binary::LeakyReluGrad, nullptr, "negative_slope"};
constexpr Activation kElu{"elu", Unary::Elu, Binary::EluGrad, elu_second, "alpha"};
constexpr Activation kSelu{"selu", Unary::Elu, Binary::EluGrad, elu_second};
constexpr Activation kCelu{"celu", Unary::Celu, Binary::CeluGrad, celu_second, "alpha"};
constexpr Activation kGelu{"gelu", Unary::Gelu, Binary::GeluGrad, gelu_second};
constexpr Activation kGeluTanh{"gelu", Unary::GeluTanh, Binary::GeluTanhGrad, gelu_tanh_second};
constexpr Activation kSilu{"silu", Unary::Silu, Binary::SiluGrad, silu_second};
constexpr Activation kMish{"mish", Unary::Mish, Binary::MishGrad, mish_second};
constexpr Activation kSoftplus{"softplus", Unary::Softplus, Binary::SoftplusGrad, softplus_second, "beta", "threshold"};
constexpr Activation kSoftsign{"softsign", Unary::Softsign, Binary::SoftsignGrad, softsign_second};
constexpr Activation kHardtanh{"hardtanh", Unary::Clamp, Binary::HardtanhGrad, nullptr, "min_val", "max_val"};
constexpr Activation kRelu6{"relu6", Unary::Clamp, Binary::HardtanhGrad};
constexpr Activation kLogSigmoid{"logsigmoid", Unary::LogSigmoid, Binary::LogSigmoidGrad, logsigmoid_second};
constexpr Activation kTanhshrink{"tanhshrink", Unary::Tanhshrink, Binary::TanhshrinkGrad, tanhshrink_second};
constexpr Activation kHardshrink{"hardshrink", Unary::Hardshrink, Binary::ShrinkGrad, nullptr, "lambd"};
constexpr Activation kSoftshrink{"softshrink", Unary::Softshrink, Binary::ShrinkGrad, nullptr, "lambd"};
constexpr Activation kThreshold{"threshold", Unary::Threshold, Binary::ThresholdGrad, nullptr, "threshold", "value"};
constexpr Activation kHardswish{"hardswish", Unary::Hardswish, Binary::HardswishGrad, hardswish_second};
constexpr Activation kHardsigmoid{"hardsigmoid", Unary::Hardsigmoid, Binary::HardsigmoidGrad};

constexpr double kSeluAlpha = 1.6732632423543772848170429916717, kSeluScale = 1.0507009873554804934193349852946;

}  // namespace

Tensor leaky_relu(const Tensor& x, double negative_slope) { return kLeakyRelu(x, negative_slope); }
Tensor elu(const Tensor& x, double alpha) { return kElu(x, alpha, 1); }
Tensor selu(const Tensor& x) { return kSelu(x, kSeluAlpha, kSeluScale); }
Tensor celu(const Tensor& x, double alpha) {
  check<ValueError>(alpha != 0, "[celu] alpha must not be 0");
  return kCelu(x, alpha);
}
Tensor gelu(const Tensor& x, std::string_view approximate) {
  check<ValueError>(approximate == "none" || approximate == "tanh",
                    "[gelu] approximate must be \"none\" or \"tanh\", got \"{}\"", approximate);
  return approximate == "tanh" ? kGeluTanh(x) : kGelu(x);
}
Tensor silu(const Tensor& x) { return kSilu(x); }
Tensor mish(const Tensor& x) { return kMish(x); }
Tensor softplus(const Tensor& x, double beta, double threshold) {
  check<ValueError>(beta > 0, "[softplus] beta must be positive, got {}", beta);
  return kSoftplus(x, beta, threshold);
}
Tensor softsign(const Tensor& x) { return kSoftsign(x); }
Tensor hardtanh(const Tensor& x, double min_val, double max_val) {
  check<ValueError>(min_val <= max_val, "[hardtanh] min_val {} is above max_val {}", min_val, max_val);
  return kHardtanh(x, min_val, max_val);
}
Tensor relu6(const Tensor& x) { return kRelu6(x, 0, 6); }
Tensor logsigmoid(const Tensor& x) { return kLogSigmoid(x); }
Tensor tanhshrink(const Tensor& x) { return kTanhshrink(x); }
Tensor hardshrink(const Tensor& x, double lambd) { return kHardshrink(x, lambd); }
Tensor softshrink(const Tensor& x, double lambd) {
  check<ValueError>(lambd >= 0, "[softshrink] lambd must not be negative, got {}", lambd);
  return kSoftshrink(x, lambd);
}
Tensor threshold(const Tensor& x, double threshold, double value) { return kThreshold(x, threshold, value); }
Tensor hardswish(const Tensor& x) { return kHardswish(x); }
Tensor hardsigmoid(const Tensor& x) { return kHardsigmoid(x); }

}  // namespace weft
