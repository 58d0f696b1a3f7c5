// Losses of class scores: cross entropy, negative log-likelihood, multi-class margin. Cross entropy of class ids over
// [N, C] is one fused op; everything else is built from log_softmax and nll.
#include "weft/autograd/functions.h"
#include "weft/autograd/ops/loss/loss.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/loss/loss.h"

namespace weft {
namespace {

using autograd::Grads;
using autograd::plain;
using autograd::record;
using autograd::record_joint;
using autograd::reduce;
using autograd::saved;

/// Checks target [N, ...] against input [N, C, ...] and returns the ids as contiguous int64.
Tensor class_ids(const char* op, const Tensor& input, const Tensor& target) {
  require_floating_point(op, input.dtype());
  check<DtypeError>(!target.is_floating_point() && target.dtype() != kBool,
                    "[{}] class ids must be integers, got {} (input {}, target {})", op, target.dtype(), input.sizes(),
                    target.sizes());
  check<ShapeError>(input.dim() >= 2 && input.size(1) > 0, "[{}] input must be [N, C, ...], got {}", op, input.sizes());
  Dims expected = input.sizes();
  expected.erase(1);
  check<ShapeError>(target.sizes() == IntArrayRef(expected), "[{}] target {} does not fit input {}: it must be {}", op,
                    target.sizes(), input.sizes(), expected);
  return target.detach().to(kInt64).contiguous();
}

void check_weight(const char* op, const Tensor& input, const Tensor& weight) {
  if (!weight.defined()) return;
  check<ShapeError>(weight.sizes() == IntArrayRef(input.size(1)), "[{}] weight must be [{}], got {} (input {})", op,
                    input.size(1), weight.sizes(), input.sizes());
  check<DtypeError>(weight.dtype() == input.dtype(), "[{}] input is {}, weight is {}", op, input.dtype(),
                    weight.dtype());
  check<ValueError>(!autograd::needs(weight), "[{}] gradients of the class weights are not supported", op);
}

/// Target, weight and options of a class loss.
struct Classes {
  autograd::Saved ids, weight;
  int64_t ignore;

  Tensor nll(const Tensor& x) const {
    return record(autograd::op("nll_loss", "ignore_index", ignore), kernel::nll(plain(x), ids, weight, ignore), {x},
                  [c = *this, classes = x.size(1)](const Tensor& g) { return c.nll_grad(g, classes); });
  }
  Tensor nll_grad(const Tensor& g, int64_t classes) const {
    return record("nll_loss_grad", kernel::nll_grad(plain(g), ids, weight, ignore, classes), {g},
                  [c = *this](const Tensor& h) { return c.nll(h); });
  }
  /// The divisor of a mean.
  double total(int64_t valid) const {
    return weight().defined() ? kernel::sum_of_weights(ids, weight, ignore) : static_cast<double>(valid);
  }
};

/// scale g (softmax(x) - one_hot(id)) by rows; g has one element per row, or is one value.
Tensor cross_entropy_grad(const Tensor& g, const Tensor& x, const Tensor& ids, int64_t ignore, const Tensor& stats,
                          double scale) {
  Tensor out = kernel::cross_entropy_grad(plain(g), plain(x), ids, ignore, stats, scale);
  auto rule = [g = saved(g), x = saved(x), saved_ids = saved(ids), ignore, scale](const Tensor& h, Grads& grads) {
    const Tensor& ids = saved_ids;
    const Tensor p = x().softmax(1), valid = ids.ne(ignore), id = where(valid, ids, 0).unsqueeze(1);
    const Tensor factor = valid.to(h.dtype()) * scale;
    if (grads.needs(0)) {
      const Tensor by_row = ((h * p).sum(1) - h.gather(1, id).squeeze(1)) * factor;
      grads[0] = g().dim() == 0 ? by_row.sum() : by_row;
    }
    if (grads.needs(1)) {
      const Tensor hg = h * (g() * factor).unsqueeze(1);
      grads[1] = p * (hg - (hg * p).sum(1, true));
    }
  };
  return record_joint("cross_entropy_grad", out, {g, x}, std::move(rule));
}

Tensor fused_cross_entropy(const Tensor& x, const Tensor& ids, Reduction reduction, int64_t ignore) {
  const int64_t valid = kernel::check_class_ids("cross_entropy", ids, x.size(1), ignore);
  Tensor stats, out = kernel::cross_entropy(plain(x), ids, ignore, stats);
  const double scale = reduction == Reduction::Mean ? 1 / static_cast<double>(valid) : 1;
  if (reduction != Reduction::None) {
    NoGradGuard no_grad;
    out = out.sum();
    if (reduction == Reduction::Mean) out = out * scale;
  }
  return record(autograd::op("cross_entropy", "ignore_index", ignore, "scale", scale), out, {x},
                [x = saved(x), ids = saved(ids), ignore, stats, scale](const Tensor& g) {
                  return cross_entropy_grad(g, x, ids, ignore, stats, scale);
                });
}

/// Cross entropy against probabilities t of the input's sizes.
Tensor soft_cross_entropy(const Tensor& x, const Tensor& t, const Tensor& weight, Reduction reduction,
                          double smoothing) {
  check<DtypeError>(t.dtype() == x.dtype(), "[cross_entropy] input is {}, target is {}", x.dtype(), t.dtype());
  const int64_t classes = x.size(1);
  Tensor target = smoothing > 0 ? t * (1 - smoothing) + smoothing / static_cast<double>(classes) : t;
  if (weight.defined()) {
    Dims shape(x.sizes().size(), 1);
    shape[1] = classes;
    target = target * weight.reshape(shape);
  }
  const Tensor losses = -(x.log_softmax(1) * target).sum(1);
  if (reduction == Reduction::None) return losses;
  return reduction == Reduction::Sum ? losses.sum() : losses.sum() / (x.numel() / classes);
}

/// The general case of class ids: weights, smoothing, further dimensions.
Tensor hard_cross_entropy(const Tensor& x, const Classes& c, Reduction reduction, double smoothing) {
  const int64_t classes = x.size(1), valid = kernel::check_class_ids("cross_entropy", c.ids, classes, c.ignore);
  const Tensor log_p = x.log_softmax(1);
  Tensor losses = c.nll(log_p);
  if (smoothing > 0) {
    Dims shape(x.sizes().size(), 1);
    shape[1] = classes;
    const Tensor spread = -(c.weight().defined() ? log_p * c.weight().reshape(shape) : log_p).sum(1);
    losses = losses * (1 - smoothing) +
             spread.masked_fill(c.ids().eq(c.ignore), 0) * (smoothing / static_cast<double>(classes));
  }
  if (reduction == Reduction::None) return losses;
  return reduction == Reduction::Sum ? losses.sum() : losses.sum() / c.total(valid);
}

}  // namespace

Tensor cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight, Reduction reduction,
                     int64_t ignore_index, double label_smoothing) {
  require_floating_point("cross_entropy", input.dtype());
  check<ValueError>(label_smoothing >= 0 && label_smoothing <= 1,
                    "[cross_entropy] label_smoothing must be between 0 and 1, got {}", label_smoothing);
  if (input.dim() == 1) {  // one sample without a batch
    const Tensor loss =
        cross_entropy(input.unsqueeze(0), target.unsqueeze(0), weight, reduction, ignore_index, label_smoothing);
    return reduction == Reduction::None ? loss.squeeze(0) : loss;
  }
  if (target.is_floating_point()) {
    check<ShapeError>(input.dim() >= 2 && input.size(1) > 0, "[cross_entropy] input must be [N, C, ...], got {}",
                      input.sizes());
    check<ShapeError>(target.sizes() == input.sizes(),
                      "[cross_entropy] probabilities {} must have the sizes of input {}", target.sizes(),
                      input.sizes());
    check_weight("cross_entropy", input, weight);
    return soft_cross_entropy(input, target, weight, reduction, label_smoothing);
  }
  const Tensor ids = class_ids("cross_entropy", input, target);
  check_weight("cross_entropy", input, weight);
  if (input.dim() == 2 && !weight.defined() && label_smoothing == 0)
    return fused_cross_entropy(input, ids, reduction, ignore_index);
  const Tensor w = weight.defined() ? plain(weight) : weight;
  return hard_cross_entropy(input, {saved(ids), saved(w), ignore_index}, reduction, label_smoothing);
}

Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const Tensor& weight, Reduction reduction,
                int64_t ignore_index) {
  if (log_probs.dim() == 1) {
    const Tensor loss = nll_loss(log_probs.unsqueeze(0), target.unsqueeze(0), weight, reduction, ignore_index);
    return reduction == Reduction::None ? loss.squeeze(0) : loss;
  }
  const Tensor ids = class_ids("nll_loss", log_probs, target);
  check_weight("nll_loss", log_probs, weight);
  const int64_t valid = kernel::check_class_ids("nll_loss", ids, log_probs.size(1), ignore_index);
  const Classes c{saved(ids), saved(weight.defined() ? plain(weight) : weight), ignore_index};
  const Tensor losses = c.nll(log_probs);
  if (reduction == Reduction::None) return losses;
  return reduction == Reduction::Sum ? losses.sum() : losses.sum() / c.total(valid);
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, int64_t p, double margin, const Tensor& weight,
                         Reduction reduction) {
  check<ValueError>(p == 1 || p == 2, "[multi_margin_loss] p must be 1 or 2, got {}", p);
  if (input.dim() < 2) {
    const Tensor loss = multi_margin_loss(input.reshape({1, -1}), target.reshape({1}), p, margin, weight, reduction);
    return reduction == Reduction::None ? loss.squeeze(0) : loss;
  }
  check<ShapeError>(input.dim() == 2, "[multi_margin_loss] input must be [N, C] or [C], got {}", input.sizes());
  const Tensor ids = class_ids("multi_margin_loss", input, target);
  check_weight("multi_margin_loss", input, weight);
  const int64_t classes = input.size(1);
  kernel::check_class_ids("multi_margin_loss", ids, classes, 0);
  const Tensor id = ids.unsqueeze(1), own = arange(classes).unsqueeze(0).eq(id);
  Tensor over = (margin - input.gather(1, id) + input).relu();
  if (p == 2) over = over.square();
  if (weight.defined()) over = over * plain(weight).index_select(0, ids).unsqueeze(1);
  return reduce(over.masked_fill(own, 0).sum(1) / classes, reduction);
}

}  // namespace weft
