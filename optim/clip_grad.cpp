// Norms of gradients; scaling and clamping them in place.
#include "weft/optim/clip_grad.h"

#include <cmath>

#include "weft/autograd/grad_mode.h"

namespace weft::nn::utils {
namespace {

/// The defined gradients, outside the graph, sharing memory with the parameters'.
TensorList grads_of(const TensorList& parameters) {
  TensorList grads;
  for (const Tensor& p : parameters)
    if (p.grad().defined()) grads.push_back(p.grad().detach());
  return grads;
}

/// The norm of the norms, summed in double in the order of the list, so that many small parameters lose no precision.
double total_norm(const TensorList& grads, double norm_type) {
  if (grads.empty()) return 0;
  if (norm_type == 0) return static_cast<double>(grads.size());
  double sum = 0, extreme = -std::copysign(HUGE_VAL, norm_type);
  for (const Tensor& g : grads) {
    const double norm = g.norm(norm_type).item<double>();
    const bool further = norm_type > 0 ? norm > extreme : norm < extreme;
    extreme = further || std::isnan(norm) ? norm : extreme;
    sum += std::pow(norm, norm_type);
  }
  return std::isinf(norm_type) ? extreme : std::pow(sum, 1 / norm_type);
}

}  // namespace

double clip_grad_norm_(const TensorList& parameters, double max_norm, double norm_type, bool error_if_nonfinite) {
  check<ValueError>(!std::isnan(norm_type), "[clip_grad_norm_] norm_type is NaN");
  check<ValueError>(max_norm >= 0, "[clip_grad_norm_] max_norm is {}, expected at least 0", max_norm);
  NoGradGuard no_grad;
  TensorList grads = grads_of(parameters);
  const double norm = total_norm(grads, norm_type);
  check<StateError>(!error_if_nonfinite || std::isfinite(norm), "[clip_grad_norm_] the norm of the gradients is {}",
                    norm);
  const double scale = max_norm / (norm + 1e-6);
  // A NaN scales every gradient, as in PyTorch: a step with only some of them would hide it.
  if (!(scale >= 1))
    for (Tensor& g : grads) g.mul_(scale);
  return norm;
}
double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type, bool error_if_nonfinite) {
  return clip_grad_norm_(TensorList{parameter}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const TensorList& parameters, double clip_value) {
  check<ValueError>(clip_value >= 0, "[clip_grad_value_] clip_value is {}, expected at least 0", clip_value);
  NoGradGuard no_grad;
  for (Tensor& g : grads_of(parameters)) g.clamp_(Scalar(-clip_value), Scalar(clip_value));
}
void clip_grad_value_(const Tensor& parameter, double clip_value) {
  clip_grad_value_(TensorList{parameter}, clip_value);
}

}  // namespace weft::nn::utils
