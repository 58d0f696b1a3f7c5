// Losses of an input and a target of the same sizes. Those of a difference are fused; the others are differentiable
// ops.
#include "weft/autograd/ops/loss/loss.h"

#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/loss/loss.h"

namespace weft {

Tensor autograd::matching_target(const char* op, const Tensor& input, const Tensor& target) {
  require_floating_point(op, input.dtype());
  check<DtypeError>(!target.is_floating_point() || target.dtype() == input.dtype(), "[{}] input is {}, target is {}",
                    op, input.dtype(), target.dtype());
  return target.to(input.dtype());
}

namespace {

using autograd::check_same_sizes;
using autograd::Grads;
using autograd::matching_target;
using autograd::plain;
using autograd::record;
using autograd::record_joint;
using autograd::reduce;
using autograd::saved;
using kernel::Difference;

/// A loss of input - target and the constants of its derivatives.
struct DifferenceLoss {
  const char* op;
  Difference f;
  double p, scale;

  /// scale g f''(x - t): linear in g, piecewise constant in x and t.
  Tensor curvature(const Tensor& g, const Tensor& x, const Tensor& t) const {
    return record("difference_curvature", kernel::difference_curvature(f, plain(g), plain(x), plain(t), p, scale), {g},
                  [x = saved(x), t = saved(t), loss = *this](const Tensor& h) { return loss.curvature(h, x, t); });
  }

  /// scale g f'(x - t); g has x's sizes or no dimensions.
  Tensor slope(const Tensor& g, const Tensor& x, const Tensor& t) const {
    auto rule = [g = saved(g), x = saved(x), t = saved(t), loss = *this](const Tensor& h, Grads& grads) {
      if (grads.needs(0)) {
        const Tensor d = loss.slope(h, x, t);
        grads[0] = g().dim() == 0 ? d.sum() : d;
      }
      if (!grads.needs(1) && !grads.needs(2)) return;
      const Tensor d = loss.curvature(h * g(), x, t);
      if (grads.needs(1)) grads[1] = d;
      if (grads.needs(2)) grads[2] = -d;
    };
    return record_joint("difference_slope", kernel::difference_slope(f, plain(g), plain(x), plain(t), p, scale),
                        {g, x, t}, std::move(rule));
  }

  Tensor operator()(const Tensor& x, const Tensor& target, Reduction reduction) {
    check_same_sizes(op, x, target);
    const Tensor t = matching_target(op, x, target);
    if (reduction == Reduction::Mean) scale = 1 / static_cast<double>(x.numel());
    Tensor out = reduction == Reduction::None ? kernel::difference_values(f, plain(x), plain(t), p)
                 : x.numel() == 0             ? reduce(plain(x), reduction)
                                              : kernel::difference_sum(f, plain(x), plain(t), p, scale);
    auto rule = [x = saved(x), t = saved(t), loss = *this](const Tensor& g, Grads& grads) {
      const Tensor d = loss.slope(g, x, t);
      if (grads.needs(0)) grads[0] = d;
      if (grads.needs(1)) grads[1] = -d;
    };
    return record_joint(autograd::op(op, "parameter", p, "scale", scale), out, {x, t}, std::move(rule));
  }
};

/// log with a lower limit of -100, as in PyTorch's binary cross entropy.
Tensor limited_log(const Tensor& x) { return x.log().clamp_min(-100); }

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction) {
  return DifferenceLoss{"mse_loss", Difference::Square, 0, 1}(input, target, reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, Reduction reduction) {
  return DifferenceLoss{"l1_loss", Difference::Absolute, 0, 1}(input, target, reduction);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, Reduction reduction, double beta) {
  check<ValueError>(beta >= 0, "[smooth_l1_loss] beta must not be negative, got {}", beta);
  const Difference f = beta == 0 ? Difference::Absolute : Difference::SmoothL1;
  return DifferenceLoss{"smooth_l1_loss", f, beta, 1}(input, target, reduction);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, Reduction reduction, double delta) {
  check<ValueError>(delta > 0, "[huber_loss] delta must be positive, got {}", delta);
  return DifferenceLoss{"huber_loss", Difference::Huber, delta, 1}(input, target, reduction);
}

Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, Reduction reduction) {
  check_same_sizes("binary_cross_entropy", x, target);
  const Tensor t = matching_target("binary_cross_entropy", x, target);
  Tensor value;
  {
    NoGradGuard no_grad;
    check<ValueError>(x.numel() == 0 || (x.ge(0).all().item<bool>() && x.le(1).all().item<bool>()),
                      "[binary_cross_entropy] input must be between 0 and 1 (input {})", x.sizes());
    value = (t - 1) * limited_log(1 - x) - t * limited_log(x);
  }
  Tensor losses = record(
      "binary_cross_entropy", value, {x, t},
      [x = saved(x), t = saved(t)](const Tensor& g) {
        const Tensor& p = x();
        return g * (p - t()) / ((1 - p) * p).clamp_min(1e-12);
      },
      [x = saved(x)](const Tensor& g) { return g * (limited_log(1 - x()) - limited_log(x())); });
  return reduce(weight.defined() ? losses * weight : losses, reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const Tensor& weight,
                                        const Tensor& pos_weight, Reduction reduction) {
  check_same_sizes("binary_cross_entropy_with_logits", x, target);
  const Tensor t = matching_target("binary_cross_entropy_with_logits", x, target);
  const Tensor log_p = logsigmoid(x);
  Tensor losses = pos_weight.defined() ? (1 - t) * x - (1 + (pos_weight - 1) * t) * log_p : (1 - t) * x - log_p;
  check<ShapeError>(losses.sizes() == x.sizes(),
                    "[binary_cross_entropy_with_logits] pos_weight {} does not broadcast to input {}",
                    pos_weight.defined() ? pos_weight.sizes() : IntArrayRef(), x.sizes());
  return reduce(weight.defined() ? losses * weight : losses, reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, KLReduction reduction, bool log_target) {
  check_same_sizes("kl_div", input, target);
  const Tensor t = matching_target("kl_div", input, target);
  Tensor losses;
  if (log_target) {
    losses = t.exp() * (t - input);
  } else {
    // t log t is 0 at 0, and where t is 0 its logarithm must not reach the gradient.
    const Tensor known = where(t.gt(0), t, 1.0);
    losses = known * known.log() - t * input;
  }
  switch (reduction) {
    case KLReduction::None:
      return losses;
    case KLReduction::Mean:
      return losses.mean();
    case KLReduction::Sum:
      return losses.sum();
    default:
      return losses.sum() / (input.dim() ? input.size(0) : 1);
  }
}

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, double margin, Reduction reduction) {
  check_same_sizes("hinge_embedding_loss", input, target);
  const Tensor t = matching_target("hinge_embedding_loss", input, target);
  const Tensor apart = where(t.ne(1), (margin - input).clamp_min(0), 0.0);
  return reduce(apart + where(t.ne(-1), input, 0.0), reduction);
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, Reduction reduction) {
  check_same_sizes("soft_margin_loss", input, target);
  const Tensor t = matching_target("soft_margin_loss", input, target);
  return reduce(-logsigmoid(t * input), reduction);
}

}  // namespace weft
