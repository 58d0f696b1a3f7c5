// Calls each op of the golden cases: one row per op.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/golden.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"

namespace weft::test {

/// Inputs and arguments of one case.
struct Call {
  const TensorMap& in;
  const Json& args;

  bool has(const char* arg) const { return args.contains(arg); }
  const Tensor& operator[](const char* name) const { return in.at(name); }
  /// The input with that name, or an undefined tensor.
  Tensor get(const char* name) const { return in.count(name) ? in.at(name) : Tensor(); }
  double number(const char* arg, double otherwise = 0) const { return args.value(arg, otherwise); }
  int64_t integer(const char* arg, int64_t otherwise = 0) const { return args.value(arg, otherwise); }
  bool flag(const char* arg, bool otherwise = false) const { return args.value(arg, otherwise); }
  std::string text(const char* arg, const char* otherwise = "") const { return args.value(arg, otherwise); }
  /// A list of integers, or one integer as a list; `otherwise` when absent.
  Dims dims(const char* arg, Dims otherwise = {}) const {
    if (!has(arg)) return otherwise;
    const Json& v = args[arg];
    if (!v.is_array()) return {v.get<int64_t>()};
    const auto list = v.get<std::vector<int64_t>>();
    return Dims(list.data(), list.size());
  }
  Reduction reduction() const {
    const std::string r = text("reduction", "mean");
    return r == "none" ? Reduction::None : r == "sum" ? Reduction::Sum : Reduction::Mean;
  }
};

using Op = std::function<TensorList(const Call&)>;

inline Op unary(Tensor (Tensor::*f)() const) {
  return [f](const Call& c) { return TensorList{(c["x"].*f)()}; };
}
inline Op activation(Tensor (*f)(const Tensor&)) {
  return [f](const Call& c) { return TensorList{f(c["x"])}; };
}
inline Op binary(Tensor (Tensor::*f)(const Tensor&) const) {
  return [f](const Call& c) { return TensorList{(c["a"].*f)(c["b"])}; };
}
inline Op one(std::function<Tensor(const Call&)> f) {
  return [f](const Call& c) { return TensorList{f(c)}; };
}
inline Op two(std::function<Tensor2(const Call&)> f) {
  return [f](const Call& c) {
    auto [values, indices] = f(c);
    return TensorList{values, indices};
  };
}
/// A reduction that takes any dims.
template <class All, class Some>
Op reduction(All all, Some some) {
  return one(
      [=](const Call& c) { return c.has("dim") ? some(c["x"], c.dims("dim"), c.flag("keepdim")) : all(c["x"]); });
}
/// A loss of input and target.
inline Op loss(Tensor (*f)(const Tensor&, const Tensor&, Reduction)) {
  return [f](const Call& c) { return TensorList{f(c["input"], c["target"], c.reduction())}; };
}

inline const std::map<std::string, Op>& golden_ops() {
  using C = const Call&;
  using T = const Tensor&;
  using D = IntArrayRef;
  static const std::map<std::string, Op> table = {
      // elementwise
      {"neg", unary(&Tensor::neg)},
      {"abs", unary(&Tensor::abs)},
      {"exp", unary(&Tensor::exp)},
      {"log", unary(&Tensor::log)},
      {"log1p", unary(&Tensor::log1p)},
      {"expm1", unary(&Tensor::expm1)},
      {"sqrt", unary(&Tensor::sqrt)},
      {"rsqrt", unary(&Tensor::rsqrt)},
      {"sin", unary(&Tensor::sin)},
      {"cos", unary(&Tensor::cos)},
      {"tan", unary(&Tensor::tan)},
      {"tanh", unary(&Tensor::tanh)},
      {"sigmoid", unary(&Tensor::sigmoid)},
      {"reciprocal", unary(&Tensor::reciprocal)},
      {"square", unary(&Tensor::square)},
      {"erf", unary(&Tensor::erf)},
      {"floor", unary(&Tensor::floor)},
      {"ceil", unary(&Tensor::ceil)},
      {"round", unary(&Tensor::round)},
      {"sign", unary(&Tensor::sign)},
      {"atan", unary(&Tensor::atan)},
      {"asin", unary(&Tensor::asin)},
      {"acos", unary(&Tensor::acos)},
      {"sinh", unary(&Tensor::sinh)},
      {"cosh", unary(&Tensor::cosh)},
      {"add", one([](C c) { return c["a"] + c["b"]; })},
      {"sub", one([](C c) { return c["a"] - c["b"]; })},
      {"mul", binary(&Tensor::mul)},
      {"div", binary(&Tensor::div)},
      {"pow", one([](C c) { return c.has("exponent") ? c["a"].pow(c.number("exponent")) : c["a"].pow(c["b"]); })},
      {"maximum", binary(&Tensor::maximum)},
      {"minimum", binary(&Tensor::minimum)},
      {"clamp", one([](C c) { return c["x"].clamp(Scalar(c.number("min")), Scalar(c.number("max"))); })},
      {"where", one([](C c) { return where(c["cond"], c["a"], c["b"]); })},
      {"atan2", binary(&Tensor::atan2)},
      // activations
      {"relu", unary(&Tensor::relu)},
      {"leaky_relu", one([](C c) { return leaky_relu(c["x"], c.number("negative_slope")); })},
      {"elu", one([](C c) { return elu(c["x"], c.number("alpha")); })},
      {"selu", activation(selu)},
      {"celu", one([](C c) { return celu(c["x"], c.number("alpha")); })},
      {"gelu", one([](C c) { return gelu(c["x"], c.text("approximate")); })},
      {"silu", activation(silu)},
      {"mish", activation(mish)},
      {"softplus", one([](C c) { return softplus(c["x"], c.number("beta"), c.number("threshold")); })},
      {"softsign", activation(softsign)},
      {"hardtanh", one([](C c) { return hardtanh(c["x"], c.number("min_val"), c.number("max_val")); })},
      {"relu6", activation(relu6)},
      {"logsigmoid", activation(logsigmoid)},
      {"tanhshrink", activation(tanhshrink)},
      {"hardshrink", one([](C c) { return hardshrink(c["x"], c.number("lambd")); })},
      {"softshrink", one([](C c) { return softshrink(c["x"], c.number("lambd")); })},
      {"threshold", one([](C c) { return threshold(c["x"], c.number("threshold"), c.number("value")); })},
      {"hardswish", activation(hardswish)},
      {"hardsigmoid", activation(hardsigmoid)},
      {"glu", one([](C c) { return glu(c["x"], c.integer("dim")); })},
      {"prelu", one([](C c) { return prelu(c["x"], c["weight"]); })},
      {"softmax", one([](C c) { return c["x"].softmax(c.integer("dim")); })},
      {"log_softmax", one([](C c) { return c["x"].log_softmax(c.integer("dim")); })},
      // reductions
      {"sum", reduction([](T x) { return x.sum(); }, [](T x, D d, bool keep) { return x.sum(d, keep); })},
      {"mean", reduction([](T x) { return x.mean(); }, [](T x, D d, bool keep) { return x.mean(d, keep); })},
      {"var", reduction([](T x) { return x.var(); }, [](T x, D d, bool keep) { return x.var(d, true, keep); })},
      {"std", reduction([](T x) { return x.std(); }, [](T x, D d, bool keep) { return x.std(d, true, keep); })},
      {"prod", reduction([](T x) { return x.prod(); }, [](T x, D d, bool keep) { return x.prod(d[0], keep); })},
      {"amax", reduction([](T x) { return x.amax(); }, [](T x, D d, bool keep) { return x.amax(d, keep); })},
      {"amin", reduction([](T x) { return x.amin(); }, [](T x, D d, bool keep) { return x.amin(d, keep); })},
      {"logsumexp", one([](C c) { return c["x"].logsumexp(c.dims("dim"), c.flag("keepdim")); })},
      {"norm", reduction([](T x) { return x.norm(); }, [](T x, D d, bool keep) { return x.norm(1, d, keep); })},
      {"cumsum", one([](C c) { return c["x"].cumsum(c.integer("dim")); })},
      {"max", two([](C c) { return c["x"].max(c.integer("dim")); })},
      {"min", two([](C c) { return c["x"].min(c.integer("dim")); })},
      {"argmax", one([](C c) { return c["x"].argmax(c.integer("dim")); })},
      {"argmin", one([](C c) { return c["x"].argmin(c.integer("dim")); })},
      {"topk", two([](C c) { return c["x"].topk(c.integer("k"), c.integer("dim")); })},
      {"sort", two([](C c) { return c["x"].sort(c.integer("dim")); })},
      // products
      {"matmul", one([](C c) {
         return (c.flag("transpose_a") ? c["a"].t() : c["a"]).matmul(c.flag("transpose_b") ? c["b"].t() : c["b"]);
       })},
      {"linear", one([](C c) { return linear(c["x"], c["weight"], c.get("bias")); })},
      {"einsum", one([](C c) {
         return einsum(c.text("equation"), c.in.count("x1") ? TensorList{c["x0"], c["x1"]} : TensorList{c["x0"]});
       })},
      // shapes and selection
      {"permute", one([](C c) { return c["x"].permute(c.dims("dims")); })},
      {"reshape",
       one([](C c) { return c.has("shape") ? c["x"].reshape(c.dims("shape")) : c["x"].transpose(0, 1).reshape(-1); })},
      {"cat", one([](C c) {
         return cat({c["a"], c["b"]}, c.integer("dim"));
       })},
      {"stack", one([](C c) {
         return stack({c["a"], c["b"]}, c.integer("dim"));
       })},
      {"slice", one([](C c) {
         return c["x"].slice(c.integer("dim"), c.integer("start"), c.integer("end"), c.integer("step"));
       })},
      {"index_select", one([](C c) { return c["x"].index_select(c.integer("dim"), c["index"]); })},
      {"gather", one([](C c) { return c["x"].gather(c.integer("dim"), c["index"]); })},
      {"pad", one([](C c) { return pad(c["x"], c.dims("pad"), c.text("mode", "constant"), c.number("value")); })},
      {"masked_fill", one([](C c) { return c["x"].masked_fill(c["mask"], c.number("value")); })},
      {"expand", one([](C c) { return c["x"].expand(c.dims("sizes")); })},
      {"flip", one([](C c) { return c["x"].flip(c.dims("dims")); })},
      {"roll", one([](C c) { return c["x"].roll(c.dims("shifts"), c.dims("dims")); })},
      {"pixel_shuffle", one([](C c) { return pixel_shuffle(c["x"], c.integer("upscale_factor")); })},
      {"embedding", one([](C c) { return embedding(c["weight"], c["index"]); })},
      // convolution and pooling
      {"conv2d", one([](C c) {
         return conv2d(c["x"], c["weight"], c.get("bias"), c.dims("stride", {1}), c.dims("padding", {0}),
                       c.dims("dilation", {1}), c.integer("groups", 1));
       })},
      {"conv1d", one([](C c) {
         return conv1d(c["x"], c["weight"], c.get("bias"), c.dims("stride", {1}), c.dims("padding", {0}));
       })},
      {"conv_transpose2d", one([](C c) {
         return conv_transpose2d(c["x"], c["weight"], c.get("bias"), c.dims("stride", {1}), c.dims("padding", {0}),
                                 c.dims("output_padding", {0}), c.integer("groups", 1));
       })},
      {"max_pool2d", one([](C c) {
         return max_pool2d(c["x"], c.dims("kernel_size"), c.dims("stride"), c.dims("padding", {0}),
                           c.dims("dilation", {1}), c.flag("ceil_mode"));
       })},
      {"avg_pool2d", one([](C c) {
         return avg_pool2d(c["x"], c.dims("kernel_size"), c.dims("stride"), c.dims("padding", {0}), c.flag("ceil_mode"),
                           c.flag("count_include_pad", true));
       })},
      {"adaptive_avg_pool2d", one([](C c) { return adaptive_avg_pool2d(c["x"], c.dims("output_size")); })},
      {"adaptive_max_pool2d", one([](C c) { return adaptive_max_pool2d(c["x"], c.dims("output_size")); })},
      // normalisation
      {"batch_norm", one([](C c) {
         return batch_norm(c["x"], c["weight"], c["bias"], c.get("running_mean"), c.get("running_var"),
                           c.flag("training"), c.number("momentum", 0.1), c.number("eps", 1e-5));
       })},
      {"layer_norm", one([](C c) { return layer_norm(c["x"], c.dims("normalized_shape"), c["weight"], c["bias"]); })},
      {"group_norm", one([](C c) { return group_norm(c["x"], c.integer("num_groups"), c["weight"], c["bias"]); })},
      {"instance_norm", one([](C c) { return instance_norm(c["x"]); })},
      // losses
      {"cross_entropy", one([](C c) {
         return cross_entropy(c["input"], c["target"], c.get("weight"), c.reduction(), c.integer("ignore_index", -100),
                              c.number("label_smoothing"));
       })},
      {"nll_loss", one([](C c) { return nll_loss(c["input"], c["target"]); })},
      {"mse_loss", loss(mse_loss)},
      {"l1_loss", loss(l1_loss)},
      {"smooth_l1_loss",
       one([](C c) { return smooth_l1_loss(c["input"], c["target"], c.reduction(), c.number("beta")); })},
      {"huber_loss", one([](C c) { return huber_loss(c["input"], c["target"], c.reduction(), c.number("delta")); })},
      {"binary_cross_entropy", one([](C c) { return binary_cross_entropy(c["input"], c["target"]); })},
      {"binary_cross_entropy_with_logits",
       one([](C c) { return binary_cross_entropy_with_logits(c["input"], c["target"], {}, c["pos_weight"]); })},
      {"kl_div", one([](C c) { return kl_div(c["input"], c["target"], KLReduction::BatchMean); })},
      {"hinge_embedding_loss", one([](C c) { return hinge_embedding_loss(c["input"], c["target"]); })},
      {"multi_margin_loss", one([](C c) { return multi_margin_loss(c["input"], c["target"]); })},
      {"soft_margin_loss", loss(soft_margin_loss)},
  };
  return table;
}

}  // namespace weft::test
