// Elementwise ops: one row each, the value's kernel beside its derivative.
#include "weft/autograd/ops/elementwise/elementwise.h"

#include <cmath>

#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"

namespace weft {
using autograd::needs;
using autograd::op;
using autograd::record;
using autograd::saved;
using kernel::Binary;
using kernel::Bitwise;
using kernel::Compare;
using kernel::Unary;

namespace autograd {

Tensor masked(const char* op, Binary f, const Tensor& g, const Tensor& x, double p, double q) {
  return record(
      op, kernel::binary(f, op, g, x, p, q), {g, x},
      [op, f, p, q, x = saved(x)](const Tensor& gg) { return masked(op, f, gg, x, p, q); },
      [](const Tensor&) { return Tensor(); });
}

}  // namespace autograd
using autograd::masked;

namespace {

// Ops that keep integers.
bool keeps_integers(const Tensor& x) { return !x.is_floating_point(); }

Tensor zero_gradient(const Tensor&) { return Tensor(); }

// g * y * (1 - y), with its own gradients.
Tensor sigmoid_grad(const Tensor& g, const Tensor& y) {
  return record(
      "sigmoid_backward", kernel::binary(Binary::SigmoidGrad, "sigmoid_backward", g, y), {g, y},
      [y = saved(y)](const Tensor& gg) { return sigmoid_grad(gg, y); },
      [g = saved(g), y = saved(y)](const Tensor& gg) { return gg * g * (1 - 2 * y()); });
}
Tensor relu_grad(const Tensor& g, const Tensor& y) { return masked("relu_backward", Binary::ReluGrad, g, y); }
// g * (1 - y * y)
Tensor tanh_grad(const Tensor& g, const Tensor& y) {
  return record(
      "tanh_backward", kernel::binary(Binary::TanhGrad, "tanh_backward", g, y), {g, y},
      [y = saved(y)](const Tensor& gg) { return tanh_grad(gg, y); },
      [g = saved(g), y = saved(y)](const Tensor& gg) { return gg * g * (-2 * y()); });
}

}  // namespace

// WEFT_ROW_X(op, Kernel, derivative in x and g), WEFT_ROW_Y(op, Kernel, derivative in y and g), WEFT_ROW_0(op, Kernel):
// the derivative is zero almost everywhere.
#define WEFT_ROW_X(op, Kernel, derivative)                                                                            \
  Tensor Tensor::op() const {                                                                                         \
    return record(#op, kernel::unary(Unary::Kernel, *this), {*this}, [x_ = saved(*this)](const Tensor& g) -> Tensor { \
      const Tensor& x = x_;                                                                                           \
      return derivative;                                                                                              \
    });                                                                                                               \
  }
#define WEFT_ROW_Y(op, Kernel, derivative)                                                \
  Tensor Tensor::op() const {                                                             \
    return record(#op, kernel::unary(Unary::Kernel, *this), {*this},                      \
                  [](const Tensor& g, const Tensor& y) -> Tensor { return derivative; }); \
  }
#define WEFT_ROW_0(op, Kernel)                                                       \
  Tensor Tensor::op() const {                                                        \
    require_not_bool(#op, dtype());                                                  \
    if (keeps_integers(*this)) return clone();                                       \
    return record(#op, kernel::unary(Unary::Kernel, *this), {*this}, zero_gradient); \
  }

WEFT_ROW_Y(exp, Exp, g* y)
WEFT_ROW_Y(expm1, Expm1, g*(y + 1))
WEFT_ROW_X(log, Log, g / x)
WEFT_ROW_X(log1p, Log1p, g / (x + 1))
WEFT_ROW_X(log2, Log2, g* M_LOG2E / x)
WEFT_ROW_X(log10, Log10, g / (x * M_LN10))
WEFT_ROW_Y(sqrt, Sqrt, g / (2 * y))
WEFT_ROW_Y(rsqrt, Rsqrt, g*(-0.5 * y * y * y))
WEFT_ROW_Y(reciprocal, Reciprocal, g*(-(y* y)))
WEFT_ROW_X(sin, Sin, g* x.cos())
WEFT_ROW_X(cos, Cos, g*(-x.sin()))
WEFT_ROW_Y(tan, Tan, g*(1 + y * y))
WEFT_ROW_X(asin, Asin, g*(1 - x * x).rsqrt())
WEFT_ROW_X(acos, Acos, g*(-(1 - x * x).rsqrt()))
WEFT_ROW_X(atan, Atan, g / (1 + x * x))
WEFT_ROW_X(sinh, Sinh, g* x.cosh())
WEFT_ROW_X(cosh, Cosh, g* x.sinh())
WEFT_ROW_Y(tanh, Tanh, tanh_grad(g, y))
WEFT_ROW_Y(sigmoid, Sigmoid, sigmoid_grad(g, y))
WEFT_ROW_X(erf, Erf, g*((-(x * x)).exp() * M_2_SQRTPI))
WEFT_ROW_0(floor, Floor)
WEFT_ROW_0(ceil, Ceil)
WEFT_ROW_0(round, Round)
WEFT_ROW_0(trunc, Trunc)

namespace autograd {

std::optional<Unary> kernel_of(Act act) {
  switch (act) {
    case Act::None:
      break;
    case Act::Relu:
      return Unary::Relu;
    case Act::Sigmoid:
      return Unary::Sigmoid;
    case Act::Tanh:
      return Unary::Tanh;
  }
  return std::nullopt;
}

Tensor act_on_spent(Act act, const Tensor& x) {
  const Spent spent(x);
  return act == Act::Relu ? x.relu() : act == Act::Sigmoid ? x.sigmoid() : act == Act::Tanh ? x.tanh() : x;
}

Spent::Spent(const Tensor& x) {
  TensorImpl& p = x.impl();
  if (x.use_count() > 1 || p.base || !p.storage->is_private() || (p.requires_grad && x.is_leaf())) return;
  x_ = &p;
  p.donated = true;
}

Tensor record_act(Act act, const Tensor& out, const Tensor& z) {
  switch (act) {
    case Act::None:
      break;
    case Act::Relu:
      return record("relu", out, {z}, relu_grad);
    case Act::Sigmoid:
      return record("sigmoid", out, {z}, sigmoid_grad);
    case Act::Tanh:
      return record("tanh", out, {z}, tanh_grad);
  }
  return out;
}

}  // namespace autograd

Tensor relu(Tensor x) { return autograd::act_on_spent(autograd::Act::Relu, x); }
Tensor sigmoid(Tensor x) { return autograd::act_on_spent(autograd::Act::Sigmoid, x); }
Tensor tanh(Tensor x) { return autograd::act_on_spent(autograd::Act::Tanh, x); }

#undef WEFT_ROW_X
#undef WEFT_ROW_Y
#undef WEFT_ROW_0

Tensor Tensor::abs() const {
  require_not_bool("abs", dtype());
  return record("abs", kernel::unary(Unary::Abs, *this), {*this},
                [x = saved(*this)](const Tensor& g) { return g * x().sign(); });
}
Tensor Tensor::relu() const {
  require_not_bool("relu", dtype());
  return record("relu", kernel::unary(Unary::Relu, *this), {*this}, relu_grad);
}
Tensor Tensor::neg() const {
  require_not_bool("neg", dtype());
  return record("neg", kernel::unary(Unary::Neg, *this), {*this}, [](const Tensor& g) { return -g; });
}
Tensor Tensor::sign() const { return record("sign", kernel::unary(Unary::Sign, *this), {*this}, zero_gradient); }

// Ops of two operands ----------------------------------------------------------------------------------------------

namespace {

void check_alpha(const char* op, Dtype result, const Scalar& alpha) {
  check<DtypeError>(!alpha.is_floating_point() || is_floating_point(result),
                    "[{}] a result of {} cannot use the fractional alpha = {}", op, result, alpha.to_double());
}

// a + sign * alpha * b
template <class Other>
Tensor add_scaled(const char* op, Binary f, const Tensor& a, const Other& b, const Scalar& alpha, double sign) {
  const Dtype dtype = kernel::result_type(a, b);
  check_alpha(op, dtype, alpha);
  // The kernels take alpha as a double, which cannot represent every integer.
  constexpr int64_t kExact = int64_t{1} << 53;
  if (!is_floating_point(dtype) && (alpha.to<int64_t>() > kExact || alpha.to<int64_t>() < -kExact)) {
    const Tensor scaled = scalar_tensor(alpha, dtype).mul(b);
    return sign > 0 ? a.add(scaled) : a.sub(scaled);
  }
  Tensor out = kernel::binary(f, op, a, b, alpha.to_double());
  auto same = [](const Tensor& g) { return g; };
  if constexpr (std::is_same_v<Other, Tensor>) {
    double scale = sign * alpha.to_double();
    return record(autograd::op(op, "alpha", alpha), out, {a, b}, same, [scale](const Tensor& g) {
      return scale == 1 ? g : scale == -1 ? -g : g * scale;
    });
  } else {
    return record(autograd::op(op, "other", b, "alpha", alpha), out, {a}, same);
  }
}

}  // namespace

Tensor Tensor::add(const Tensor& b, const Scalar& alpha) const {
  return add_scaled("add", Binary::Add, *this, b, alpha, 1);
}
Tensor Tensor::add(const Scalar& b, const Scalar& alpha) const {
  return add_scaled("add", Binary::Add, *this, b, alpha, 1);
}
Tensor Tensor::sub(const Tensor& b, const Scalar& alpha) const {
  if (dtype() == kBool || b.dtype() == kBool) require_not_bool("sub", kBool);
  return add_scaled("sub", Binary::Sub, *this, b, alpha, -1);
}
Tensor Tensor::sub(const Scalar& b, const Scalar& alpha) const {
  require_not_bool("sub", dtype());
  require_not_bool("sub", b.kind());
  return add_scaled("sub", Binary::Sub, *this, b, alpha, -1);
}
Tensor Tensor::rsub(const Tensor& b) const { return b.sub(*this); }
Tensor Tensor::rsub(const Scalar& b) const {
  require_not_bool("rsub", dtype());
  require_not_bool("rsub", b.kind());
  return record(op("rsub", "other", b), kernel::binary_reversed(Binary::Sub, "rsub", *this, b), {*this},
                [](const Tensor& g) { return -g; });
}

Tensor Tensor::mul(const Tensor& b) const {
  return record(
      "mul", kernel::binary(Binary::Mul, "mul", *this, b), {*this, b},
      [b = saved(b)](const Tensor& g) { return g * b; }, [a = saved(*this)](const Tensor& g) { return g * a; });
}
Tensor Tensor::mul(const Scalar& b) const {
  return record(op("mul", "other", b), kernel::binary(Binary::Mul, "mul", *this, b), {*this},
                [b](const Tensor& g) { return g * b; });
}

Tensor Tensor::div(const Tensor& b) const {
  return record(
      "div", kernel::binary(Binary::Div, "div", *this, b), {*this, b},
      [b = saved(b)](const Tensor& g) { return g / b; },
      [b = saved(b)](const Tensor& g, const Tensor& y) { return -(g * y) / b; });
}
Tensor Tensor::div(const Scalar& b) const {
  return record(op("div", "other", b), kernel::binary(Binary::Div, "div", *this, b), {*this},
                [b](const Tensor& g) { return g / b; });
}
Tensor operator/(const Scalar& a, const Tensor& b) {
  return record(op("div", "self", a), kernel::binary_reversed(Binary::Div, "div", b, a), {b},
                [b = saved(b)](const Tensor& g, const Tensor& y) { return -(g * y) / b; });
}

namespace {
// Arithmetic that is not defined for two bools.
template <class Other>
void require_numbers(const char* op, const Tensor& a, const Other& b) {
  require_not_bool(op, kernel::result_type(a, b));
}
}  // namespace

Tensor Tensor::floor_divide(const Tensor& b) const {
  require_numbers("floor_divide", *this, b);
  return kernel::binary(Binary::FloorDivide, "floor_divide", *this, b);
}
Tensor Tensor::floor_divide(const Scalar& b) const {
  require_numbers("floor_divide", *this, b);
  return kernel::binary(Binary::FloorDivide, "floor_divide", *this, b);
}

namespace {
// a - b * n(a, b) for an integer n that is constant almost everywhere.
Tensor remainder_like(const char* op, Binary f, const Tensor& a, const Tensor& b) {
  require_numbers(op, a, b);
  return record(
      op, kernel::binary(f, op, a, b), {a, b}, [](const Tensor& g) { return g; },
      [a = saved(a), b = saved(b)](const Tensor& g, const Tensor& y) { return g * ((y - a) / b).round(); });
}
}  // namespace
Tensor Tensor::remainder(const Tensor& b) const {
  require_numbers("remainder", *this, b);
  return record(
      "remainder", kernel::binary(Binary::Remainder, "remainder", *this, b), {*this, b},
      [](const Tensor& g) { return g; },
      [a = saved(*this), b = saved(b)](const Tensor& g) { return -(g * a().detach().floor_divide(b().detach())); });
}
Tensor Tensor::remainder(const Scalar& b) const {
  require_numbers("remainder", *this, b);
  return record(op("remainder", "other", b), kernel::binary(Binary::Remainder, "remainder", *this, b), {*this},
                [](const Tensor& g) { return g; });
}
Tensor Tensor::fmod(const Tensor& b) const { return remainder_like("fmod", Binary::Fmod, *this, b); }
Tensor Tensor::fmod(const Scalar& b) const {
  require_numbers("fmod", *this, b);
  return record(op("fmod", "other", b), kernel::binary(Binary::Fmod, "fmod", *this, b), {*this},
                [](const Tensor& g) { return g; });
}

Tensor Tensor::atan2(const Tensor& b) const {
  return record(
      "atan2", kernel::binary(Binary::Atan2, "atan2", *this, b), {*this, b},
      [a = saved(*this), b = saved(b)](const Tensor& g) { return g * b / (a() * a() + b() * b()); },
      [a = saved(*this), b = saved(b)](const Tensor& g) { return -(g * a) / (a() * a() + b() * b()); });
}

namespace {
// The larger or smaller of two; equal ones share the gradient. If one is NaN, both get all of it, as in PyTorch.
Tensor choose(const char* op, Binary f, const Tensor& a, const Tensor& b) {
  auto share = [greatest = f == Binary::Maximum](const Tensor& g, const Tensor& own, const Tensor& other) {
    return where(own == other, g * 0.5, g).masked_fill(greatest ? own < other : own > other, 0);
  };
  return record(
      op, kernel::binary(f, op, a, b), {a, b},
      [a = saved(a), b = saved(b), share](const Tensor& g) { return share(g, a, b); },
      [a = saved(a), b = saved(b), share](const Tensor& g) { return share(g, b, a); });
}
}  // namespace
Tensor Tensor::maximum(const Tensor& b) const { return choose("maximum", Binary::Maximum, *this, b); }
Tensor Tensor::minimum(const Tensor& b) const { return choose("minimum", Binary::Minimum, *this, b); }
Tensor Tensor::max(const Tensor& b) const { return maximum(b); }
Tensor Tensor::min(const Tensor& b) const { return minimum(b); }

Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  check<ValueError>(min || max, "[clamp] needs a minimum or a maximum");
  constexpr double inf = std::numeric_limits<double>::infinity();
  double low = min ? min->to_double() : -inf, high = max ? max->to_double() : inf;
  Dtype dtype = kernel::result_type(*this, min ? *min : *max);
  if (max) dtype = promote_types(dtype, kernel::result_type(*this, *max));
  require_not_bool("clamp", dtype);
  Tensor x = to(dtype);
  if (!weft::is_floating_point(dtype)) {
    Tensor out = x;
    if (min) out = kernel::binary(Binary::Maximum, "clamp", out, *min);
    if (max) out = kernel::binary(Binary::Minimum, "clamp", out, *max);
    return out;
  }
  // A NaN bound makes every element NaN, as in PyTorch.
  const bool bounded = !std::isnan(low) && !std::isnan(high);
  const Tensor out = bounded ? kernel::unary(Unary::Clamp, x, low, high)
                             : kernel::binary(Binary::Mul, "clamp", x, std::numeric_limits<double>::quiet_NaN());
  return record(op("clamp", "min", min, "max", max), out, {x}, [x = saved(x), low, high](const Tensor& g) {
    return masked("clamp_backward", Binary::ClampGrad, g, x, low, high);
  });
}
Tensor Tensor::clamp_min(const Scalar& min) const { return clamp(min, std::nullopt); }
Tensor Tensor::clamp_max(const Scalar& max) const { return clamp(std::nullopt, max); }

Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  // Computed from the nearer end, so that weights 0 and 1 give the ends exactly.
  const double w = weight.to_double();
  return w < 0.5 ? *this + (end - *this) * w : end - (end - *this) * (1 - w);
}
Tensor Tensor::addcmul(const Tensor& a, const Tensor& b, const Scalar& value) const {
  require_not_bool("addcmul", promote_types(dtype(), kernel::result_type(a, b)));
  return add(a * b, value);
}
Tensor Tensor::addcdiv(const Tensor& a, const Tensor& b, const Scalar& value) const { return add(a / b, value); }

// Comparison and logic -----------------------------------------------------------------------------------------------

#define WEFT_COMPARE(Name, value)
#define WEFT_COMPARISON(op, Kernel)                                                                    \
  Tensor Tensor::op(const Tensor& b) const { return kernel::compare(Compare::Kernel, #op, *this, b); } \
  Tensor Tensor::op(const Scalar& b) const { return kernel::compare(Compare::Kernel, #op, *this, b); }
WEFT_COMPARISON(eq, Eq)
WEFT_COMPARISON(ne, Ne)
WEFT_COMPARISON(lt, Lt)
WEFT_COMPARISON(le, Le)
WEFT_COMPARISON(gt, Gt)
WEFT_COMPARISON(ge, Ge)
#undef WEFT_COMPARISON
#undef WEFT_COMPARE

Tensor Tensor::logical_and(const Tensor& b) const {
  return kernel::compare(Compare::LogicalAnd, "logical_and", *this, b);
}
Tensor Tensor::logical_or(const Tensor& b) const { return kernel::compare(Compare::LogicalOr, "logical_or", *this, b); }
Tensor Tensor::logical_xor(const Tensor& b) const {
  return kernel::compare(Compare::LogicalXor, "logical_xor", *this, b);
}
Tensor Tensor::logical_not() const { return kernel::compare(Compare::Eq, "logical_not", *this, 0); }

namespace {
Tensor number(const char* op, const Tensor& a, const Scalar& b) {
  check<DtypeError>(!b.is_floating_point(), "[{}] needs integers or bool, got {}", op, b.to_double());
  return scalar_tensor(b, b.kind() == kBool ? kBool : a.dtype() == kBool ? kInt64 : a.dtype());
}
}  // namespace
Tensor Tensor::bitwise_and(const Tensor& b) const { return kernel::bitwise(Bitwise::And, "bitwise_and", *this, b); }
Tensor Tensor::bitwise_or(const Tensor& b) const { return kernel::bitwise(Bitwise::Or, "bitwise_or", *this, b); }
Tensor Tensor::bitwise_xor(const Tensor& b) const { return kernel::bitwise(Bitwise::Xor, "bitwise_xor", *this, b); }
Tensor Tensor::bitwise_and(const Scalar& b) const { return bitwise_and(number("bitwise_and", *this, b)); }
Tensor Tensor::bitwise_or(const Scalar& b) const { return bitwise_or(number("bitwise_or", *this, b)); }
Tensor Tensor::bitwise_xor(const Scalar& b) const { return bitwise_xor(number("bitwise_xor", *this, b)); }
Tensor Tensor::bitwise_not() const {
  check<DtypeError>(!is_floating_point(), "[bitwise_not] needs integers or bool, got {}", dtype());
  if (dtype() == kBool) return logical_not();
  return bitwise_xor(full({}, dtype() == kUInt8 ? 255 : -1, dtype()));
}

Tensor Tensor::isnan() const { return ne(*this); }
Tensor Tensor::isinf() const {
  if (!is_floating_point()) return zeros(sizes(), kBool);
  return kernel::unary(Unary::Abs, *this).eq(std::numeric_limits<double>::infinity());
}
Tensor Tensor::isfinite() const {
  if (!is_floating_point()) return ones(sizes(), kBool);
  return kernel::unary(Unary::Abs, *this).lt(std::numeric_limits<double>::infinity());
}

}  // namespace weft
