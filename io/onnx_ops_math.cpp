// Elementwise ops, reductions and products of ONNX; the look-up of all ops.
#include <fmt/format.h>

#include <map>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/io/elements.h"
#include "weft/io/onnx_ops.h"
#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

#define WEFT_ONNX(expression) [](const OnnxCall& c) -> TensorList { return {expression}; }

bool are_integers(const Tensor& a, const Tensor& b) { return !a.is_floating_point() && !b.is_floating_point(); }

/// Integers are divided towards zero.
Tensor divide(const Tensor& a, const Tensor& b) {
  if (!are_integers(a, b)) return a / b;
  return (a.to(kFloat64) / b.to(kFloat64)).trunc().to(promote_types(a.dtype(), b.dtype()));
}

template <class F>
TensorList fold(const OnnxCall& c, F f) {
  Tensor out = c.in(0);
  for (size_t i = 1; i < c.inputs.size(); ++i) out = f(out, c.in(i));
  return {out};
}

TensorList clip(const OnnxCall& c) {
  Tensor x = c.in(0);
  if (c.has(1)) x = x.maximum(c.in(1));
  if (c.has(2)) x = x.minimum(c.in(2));
  if (c.find("min")) x = x.clamp_min(c.real("min", 0));
  if (c.find("max")) x = x.clamp_max(c.real("max", 0));
  return {x};
}

/// Before opset 13 all dimensions from `axis` on are normalised as one.
template <class F>
TensorList normalised(const OnnxCall& c, F f) {
  const Tensor& x = c.in(0);
  const int64_t axis = c.integer("axis", c.opset < 13 ? 1 : -1);
  if (c.opset >= 13 || axis == -1 || axis == x.dim() - 1) return {f(x, axis)};
  return {f(x.flatten(axis, -1), axis).reshape(x.sizes())};
}

/// The weight has dimensions of size 1 around the channels.
TensorList prelu_of(const OnnxCall& c) {
  const Tensor &x = c.in(0), &slope = c.in(1);
  const bool per_channel =
      slope.numel() == 1 || (x.dim() > 1 && slope.numel() == x.size(1) && slope.dim() > 0 &&
                             slope.dim() + 1 >= x.dim() && slope.size(1 - (x.dim() - slope.dim())) == slope.numel());
  if (per_channel) return {prelu(x, slope.flatten())};
  return {x.clamp_min(0) + slope * x.clamp_max(0)};
}

/// f(x, axes, keepdims); without axes, all of them.
template <class F>
TensorList reduce(const OnnxCall& c, F f) {
  std::vector<int64_t> axes = c.axes(1);
  if (axes.empty() && c.integer("noop_with_empty_axes", 0)) return {c.in(0)};
  for (int64_t d = 0; axes.empty() && d < c.in(0).dim(); ++d) axes.push_back(d);
  if (c.in(0).dim() == 0) return {c.in(0)};
  return {f(c.in(0), axes, c.integer("keepdims", 1) != 0)};
}

Tensor product_over(const Tensor& x, std::vector<int64_t> axes, bool keep) {
  for (int64_t& axis : axes) axis += axis < 0 ? x.dim() : 0;
  std::sort(axes.rbegin(), axes.rend());
  Tensor out = x;
  for (const int64_t axis : axes) out = out.prod(axis, keep);
  return out;
}

TensorList gemm(const OnnxCall& c) {
  const Tensor& a = c.in(0);
  const bool turns_a = c.integer("transA", 0) != 0, turns_b = c.integer("transB", 0) != 0;
  const double alpha = c.real("alpha", 1), beta = c.real("beta", 1);
  if (!turns_a && turns_b && alpha == 1 && (!c.has(2) || (beta == 1 && c.in(2).dim() == 1)))
    return {linear(a, c.in(1), c.has(2) ? c.in(2) : Tensor())};
  Tensor out = (turns_a ? a.t() : a).matmul(turns_b ? c.in(1).t() : c.in(1));
  if (alpha != 1) out = out * alpha;
  if (c.has(2)) out = out + (beta == 1 ? c.in(2) : c.in(2) * beta);
  return {out};
}

TensorList cast(const OnnxCall& c) {
  const ElementRow* row = onnx_element(c.integer("to", 0));
  c.require(row != nullptr, "to");
  return {c.in(0).to(dtype_info(row->kept).compute)};
}

TensorList arg(const OnnxCall& c, bool largest) {
  c.require(c.integer("select_last_index", 0) == 0, "select_last_index");
  const int64_t axis = c.integer("axis", 0);
  const bool keep = c.integer("keepdims", 1) != 0;
  return {largest ? c.in(0).argmax(axis, keep) : c.in(0).argmin(axis, keep)};
}

TensorList modulo(const OnnxCall& c) {
  return {c.integer("fmod", 0) ? c.in(0).fmod(c.in(1)) : c.in(0).remainder(c.in(1))};
}

Tensor gelu_of(const OnnxCall& c) { return gelu(c.in(0), c.text("approximate", "none")); }

}  // namespace

std::vector<OnnxOp> onnx_math_ops() {
  return {
      {"Abs", WEFT_ONNX(c.in(0).abs())},
      {"Neg", WEFT_ONNX(c.in(0).neg())},
      {"Exp", WEFT_ONNX(c.in(0).exp())},
      {"Log", WEFT_ONNX(c.in(0).log())},
      {"Sqrt", WEFT_ONNX(c.in(0).sqrt())},
      {"Reciprocal", WEFT_ONNX(c.in(0).reciprocal())},
      {"Floor", WEFT_ONNX(c.in(0).floor())},
      {"Ceil", WEFT_ONNX(c.in(0).ceil())},
      {"Round", WEFT_ONNX(c.in(0).round())},
      {"Sign", WEFT_ONNX(c.in(0).sign())},
      {"Sin", WEFT_ONNX(c.in(0).sin())},
      {"Cos", WEFT_ONNX(c.in(0).cos())},
      {"Tan", WEFT_ONNX(c.in(0).tan())},
      {"Erf", WEFT_ONNX(c.in(0).erf())},
      {"Not", WEFT_ONNX(c.in(0).logical_not())},
      {"IsNaN", WEFT_ONNX(c.in(0).isnan())},
      {"Add", WEFT_ONNX(c.in(0) + c.in(1))},
      {"Sub", WEFT_ONNX(c.in(0) - c.in(1))},
      {"Mul", WEFT_ONNX(c.in(0) * c.in(1))},
      {"Div", WEFT_ONNX(divide(c.in(0), c.in(1)))},
      {"Pow", WEFT_ONNX(c.in(0).pow(c.in(1)))},
      {"Mod", modulo},
      {"Max", [](const OnnxCall& c) { return fold(c, [](const Tensor& a, const Tensor& b) { return a.maximum(b); }); }},
      {"Min", [](const OnnxCall& c) { return fold(c, [](const Tensor& a, const Tensor& b) { return a.minimum(b); }); }},
      {"Sum", [](const OnnxCall& c) { return fold(c, [](const Tensor& a, const Tensor& b) { return a + b; }); }},
      {"Equal", WEFT_ONNX(c.in(0).eq(c.in(1)))},
      {"Less", WEFT_ONNX(c.in(0).lt(c.in(1)))},
      {"LessOrEqual", WEFT_ONNX(c.in(0).le(c.in(1)))},
      {"Greater", WEFT_ONNX(c.in(0).gt(c.in(1)))},
      {"GreaterOrEqual", WEFT_ONNX(c.in(0).ge(c.in(1)))},
      {"And", WEFT_ONNX(c.in(0).logical_and(c.in(1)))},
      {"Or", WEFT_ONNX(c.in(0).logical_or(c.in(1)))},
      {"Xor", WEFT_ONNX(c.in(0).logical_xor(c.in(1)))},
      {"Where", WEFT_ONNX(where(c.in(0), c.in(1), c.in(2)))},
      {"Clip", clip},
      {"Cast", cast},
      {"Relu", WEFT_ONNX(c.in(0).relu())},
      {"LeakyRelu", WEFT_ONNX(leaky_relu(c.in(0), c.real("alpha", 0.01)))},
      {"PRelu", prelu_of},
      {"Elu", WEFT_ONNX(elu(c.in(0), c.real("alpha", 1)))},
      {"Selu", WEFT_ONNX(elu(c.in(0), c.real("alpha", 1.67326319217681884765625)) *
                         c.real("gamma", 1.05070102214813232421875))},
      {"Celu", WEFT_ONNX(celu(c.in(0), c.real("alpha", 1)))},
      {"Gelu", WEFT_ONNX(gelu_of(c))},
      {"Sigmoid", WEFT_ONNX(c.in(0).sigmoid())},
      {"HardSigmoid", WEFT_ONNX((c.in(0) * c.real("alpha", 0.2) + c.real("beta", 0.5)).clamp(0, 1))},
      {"HardSwish", WEFT_ONNX(hardswish(c.in(0)))},
      {"Mish", WEFT_ONNX(mish(c.in(0)))},
      {"Tanh", WEFT_ONNX(c.in(0).tanh())},
      {"Softplus", WEFT_ONNX(softplus(c.in(0)))},
      {"Softsign", WEFT_ONNX(softsign(c.in(0)))},
      {"ThresholdedRelu", WEFT_ONNX(threshold(c.in(0), c.real("alpha", 1), 0))},
      {"Softmax",
       [](const OnnxCall& c) { return normalised(c, [](const Tensor& x, int64_t d) { return x.softmax(d); }); }},
      {"LogSoftmax",
       [](const OnnxCall& c) { return normalised(c, [](const Tensor& x, int64_t d) { return x.log_softmax(d); }); }},
      {"ReduceMean",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.mean(a, k); });
       }},
      {"ReduceSum",
       [](const OnnxCall& c) { return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.sum(a, k); }); }},
      {"ReduceMax",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.amax(a, k); });
       }},
      {"ReduceMin",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.amin(a, k); });
       }},
      {"ReduceProd",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return product_over(x, a, k); });
       }},
      {"ReduceL1",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.norm(1, a, k); });
       }},
      {"ReduceL2",
       [](const OnnxCall& c) {
         return reduce(c, [](const Tensor& x, const auto& a, bool k) { return x.norm(2, a, k); });
       }},
      {"ArgMax", [](const OnnxCall& c) { return arg(c, true); }},
      {"ArgMin", [](const OnnxCall& c) { return arg(c, false); }},
      {"MatMul", WEFT_ONNX(c.in(0).matmul(c.in(1)))},
      {"Gemm", gemm},
  };
}

#undef WEFT_ONNX

// Calls ---------------------------------------------------------------------------------------------------------------

const Tensor& OnnxCall::in(size_t i) const {
  check<ValueError>(has(i), "[onnx] has no input {}", i);
  return inputs[i];
}

std::vector<int64_t> OnnxCall::list(size_t i) const {
  const Tensor t = in(i).detach().to(kInt64).contiguous();
  return {t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.numel()};
}

const OnnxAttribute* OnnxCall::find(const char* name) const {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? nullptr : &found->second;
}

int64_t OnnxCall::integer(const char* name, int64_t usual) const { return find(name) ? find(name)->integer : usual; }
double OnnxCall::real(const char* name, double usual) const {
  return find(name) ? static_cast<double>(find(name)->real) : usual;
}
std::string OnnxCall::text(const char* name, const char* usual) const { return find(name) ? find(name)->text : usual; }
std::vector<int64_t> OnnxCall::integers(const char* name, std::vector<int64_t> usual) const {
  return find(name) ? find(name)->integers : usual;
}
std::vector<int64_t> OnnxCall::axes(size_t i) const { return has(i) ? list(i) : integers("axes"); }

void OnnxCall::require(bool ok, const char* what) const {
  check<ValueError>(ok, "[onnx] this value of {} is not supported", what);
}

const OnnxOp* find_onnx_op(std::string_view name) {
  static const std::map<std::string_view, OnnxOp> kOps = [] {
    std::map<std::string_view, OnnxOp> all;
    for (const auto& part : {onnx_math_ops(), onnx_shape_ops(), onnx_layer_ops(), onnx_recurrent_ops()})
      for (const OnnxOp& op : part) all.emplace(op.name, op);
    return all;
  }();
  const auto found = kOps.find(name);
  return found == kOps.end() ? nullptr : &found->second;
}

}  // namespace weft::io::detail
