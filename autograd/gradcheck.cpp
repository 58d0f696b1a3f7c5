#include "weft/autograd/gradcheck.h"

#include <cmath>

#include "weft/autograd/autograd.h"
#include "weft/autograd/node.h"
#include "weft/tensor/creation.h"

namespace weft::autograd {
namespace {

// The weighted sum of all outputs' elements: a scalar function of the inputs.
double weighted_sum(const DifferentiableFn& fn, const TensorList& inputs, const TensorList& weights) {
  NoGradGuard off;
  TensorList outputs = fn(inputs);
  double total = 0;
  for (size_t k = 0; k < outputs.size(); ++k)
    if (weights[k].defined()) total += (outputs[k] * weights[k]).sum().item<double>();
  return total;
}

// Fixed weights, different for every element, so that errors cannot cancel.
TensorList weights_for(const TensorList& outputs) {
  TensorList weights;
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (!outputs[k].is_floating_point()) {
      weights.emplace_back();
      continue;
    }
    Tensor w = arange(outputs[k].numel(), kFloat64);
    weights.push_back(((w * 1.7 + static_cast<double>(k)).sin() + 1.3).reshape(outputs[k].sizes()));
  }
  return weights;
}

void compare(const DifferentiableFn& fn, const TensorList& inputs, const TensorList& weights, size_t i,
             const Tensor& analytic, double eps, double atol, double rtol) {
  TensorList moved = inputs;
  for (Tensor& t : moved) t = t.detach().clone();
  auto* p = moved[i].data_ptr<double>();
  Tensor flat = analytic.contiguous();
  const auto* a = flat.data_ptr<double>();
  for (int64_t e = 0; e < moved[i].numel(); ++e) {
    double x = p[e];
    p[e] = x + eps;
    double up = weighted_sum(fn, moved, weights);
    p[e] = x - eps;
    double down = weighted_sum(fn, moved, weights);
    p[e] = x;
    double numeric = (up - down) / (2 * eps);
    check(std::abs(a[e] - numeric) <= atol + rtol * std::abs(numeric),
          "[gradcheck] input {}, element {} of {}: the gradient is {}, central differences give {}", i, e,
          moved[i].sizes(), a[e], numeric);
  }
}

DifferentiableFn as_list(const std::function<Tensor(const TensorList&)>& fn) {
  return [fn](const TensorList& inputs) { return TensorList{fn(inputs)}; };
}

}  // namespace

bool gradcheck(const DifferentiableFn& fn, const TensorList& inputs, double eps, double atol, double rtol) {
  TensorList wanted;
  for (const Tensor& t : inputs) {
    if (!t.requires_grad()) continue;
    check<DtypeError>(t.dtype() == kFloat64, "[gradcheck] inputs must be float64, got {}", t.dtype());
    wanted.push_back(t);
  }
  check<ValueError>(!wanted.empty(), "[gradcheck] no input requires a gradient");
  TensorList outputs = fn(inputs), weights = weights_for(outputs), roots, root_weights;
  for (size_t k = 0; k < outputs.size(); ++k)
    if (tracks(outputs[k])) roots.push_back(outputs[k]), root_weights.push_back(weights[k]);
  TensorList gradients(wanted.size());
  if (!roots.empty()) gradients = grad(roots, wanted, root_weights, false, false, true);
  for (size_t i = 0, w = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    Tensor g = gradients[w].defined() ? gradients[w] : zeros_like(inputs[i]);
    compare(fn, inputs, weights, i, g, eps, atol, rtol);
    ++w;
  }
  return true;
}

bool gradgradcheck(const DifferentiableFn& fn, const TensorList& inputs, double eps, double atol, double rtol) {
  // The gradients as a function of the inputs and of the gradients of the outputs.
  TensorList outputs = fn(inputs), all = inputs;
  for (const Tensor& w : weights_for(outputs))
    if (w.defined()) all.push_back(w.clone().set_requires_grad(true));
  size_t n = inputs.size();
  auto gradients = [&fn, n](const TensorList& x) {
    AutoGradMode on(true);
    TensorList own(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n)), wanted, roots, weights;
    for (size_t i = 0; i < n; ++i) {
      if (!own[i].is_floating_point()) continue;
      if (!own[i].requires_grad()) own[i] = own[i].detach().set_requires_grad(true);
      wanted.push_back(own[i]);
    }
    size_t next = n;
    for (const Tensor& y : fn(own)) {
      if (!y.is_floating_point()) continue;
      if (tracks(y)) roots.push_back(y), weights.push_back(x[next]);
      ++next;
    }
    TensorList g = roots.empty() ? TensorList(wanted.size()) : grad(roots, wanted, weights, true, true, true);
    for (size_t i = 0; i < g.size(); ++i)
      if (!g[i].defined()) g[i] = zeros_like(wanted[i]);
    return g;
  };
  return gradcheck(gradients, all, eps, atol, rtol);
}

bool gradcheck(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs, double eps, double atol,
               double rtol) {
  return gradcheck(as_list(fn), inputs, eps, atol, rtol);
}
bool gradgradcheck(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs, double eps,
                   double atol, double rtol) {
  return gradgradcheck(as_list(fn), inputs, eps, atol, rtol);
}

}  // namespace weft::autograd
