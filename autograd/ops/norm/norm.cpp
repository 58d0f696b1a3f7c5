// Batch, group, instance and layer norm: fused forward and gradient. If gradients are themselves recorded, the gradient
// is the same formula in differentiable ops, so that derivatives of every order are correct.
#include "weft/tensor/kernels/norm/norm.h"

#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"

namespace weft {
namespace {

using autograd::Grads;
using autograd::needs;
using autograd::Saved;
using autograd::saved;

/// Gradients of w (x - mean) rstd + b by differentiable ops. x is seen as `sizes`, w and b as `param_sizes` that
/// broadcast to it; mean and variance are over `stat_dims`, unless they are given.
struct RecordedNorm {
  Dims sizes, param_sizes, stat_dims, param_dims;
  double eps;

  void operator()(const Tensor& grad, const Tensor& input, const Tensor& weight, const Tensor& mean, Tensor rstd,
                  Grads& grads) const {
    const Tensor g = grad.reshape(sizes), x = input.reshape(sizes);
    const bool fixed = mean.defined();
    Tensor centred = x - (fixed ? mean : x.mean(stat_dims, true));
    // The mean is rounded; subtracting the mean of the deviations removes the error.
    if (!fixed) centred = centred - centred.mean(stat_dims, true);
    if (!fixed) rstd = ((centred * centred).mean(stat_dims, true) + eps).rsqrt();
    const Tensor hat = centred * rstd;
    if (grads.needs(0)) {
      const Tensor a = weight.defined() ? g * weight.reshape(param_sizes) : g;
      const Tensor inner = fixed ? a : a - a.mean(stat_dims, true) - hat * (a * hat).mean(stat_dims, true);
      grads[0] = (rstd * inner).reshape(input.sizes());
    }
    if (grads.needs(1)) grads[1] = (g * hat).sum(param_dims).reshape(weight.sizes());
    if (grads.needs(2)) grads[2] = g.sum(param_dims).reshape(Dims(1, numel_of(param_sizes)));
  }
};

void check_params(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef sizes) {
  for (const Tensor* t : {&weight, &bias}) {
    if (!t->defined()) continue;
    const char* what = t == &weight ? "weight" : "bias";
    check<ShapeError>(t->sizes() == sizes, "[{}] {} must be {}, got {} (input {})", op, what, sizes, t->sizes(),
                      x.sizes());
    check<DtypeError>(t->dtype() == x.dtype(), "[{}] input is {}, {} is {}", op, x.dtype(), what, t->dtype());
  }
}

Tensor contiguous_or_none(const Tensor& t) { return t.defined() ? t.detach().contiguous() : t; }

/// norm_apply recorded: mean and rstd are `fixed` constants, or functions of x.
template <class Name>
Tensor channel_norm(Name op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                    const kernel::NormGroups& groups, std::vector<double> mean, std::vector<double> rstd, bool fixed,
                    RecordedNorm recorded) {
  const Tensor dense = kernel::dense_batch(x.detach()), w = contiguous_or_none(weight);
  Tensor out = kernel::norm_apply(dense, groups, mean, rstd, w, contiguous_or_none(bias));
  if (!autograd::records({x, weight, bias})) return out;
  auto rule = [x = saved(x), dense = saved(dense), weight = saved(weight), w = saved(w), groups, mean = std::move(mean),
               rstd = std::move(rstd), fixed, recorded = std::move(recorded)](const Tensor& g, Grads& grads) {
    if (GradMode::is_enabled()) {
      const Dims channels = recorded.param_sizes;
      auto numbers = [&](const std::vector<double>& v) { return tensor(v, kFloat64).to(g.dtype()).reshape(channels); };
      recorded(g, x, weight, fixed ? numbers(mean) : Tensor(), fixed ? numbers(rstd) : Tensor(), grads);
      return;
    }
    const bool need_params = grads.needs(1) || grads.needs(2);
    auto d = kernel::norm_grad(g, dense, groups, mean, rstd, w, fixed, grads.needs(0), need_params);
    if (grads.needs(0)) grads[0] = d.x;
    if (grads.needs(1)) grads[1] = d.weight;
    if (grads.needs(2)) grads[2] = d.bias;
  };
  return autograd::record_joint(op, out, {x, weight, bias}, std::move(rule));
}

/// (1 - momentum) old + momentum new, in place.
void update_running(const Tensor& running, const std::vector<double>& values, double factor, double momentum) {
  if (!running.defined()) return;
  NoGradGuard no_grad;
  Tensor update = tensor(values, kFloat64).mul(factor * momentum).to(running.dtype());
  Tensor target = running;
  target.mul_(1 - momentum).add_(update);
}

std::vector<double> as_doubles(const Tensor& t) {
  const Tensor d = t.detach().to(kFloat64).contiguous();
  return {d.data_ptr<double>(), d.data_ptr<double>() + d.numel()};
}

Tensor grouped_norm(const char* op, const Tensor& x, int64_t num_groups, const Tensor& weight, const Tensor& bias,
                    double eps) {
  const int64_t n = x.size(0), c = x.size(1), per_group = c / num_groups, s = n && c ? x.numel() / n / c : 0;
  check_params(op, x, weight, bias, {c});
  if (x.numel() == 0) return x.clone();
  const kernel::NormGroups groups{false, num_groups};
  auto stats = kernel::norm_stats(kernel::dense_batch(x.detach()), groups);
  RecordedNorm recorded{{n, num_groups, per_group, s}, {num_groups, per_group, 1}, {2, 3}, {0, 3}, eps};
  return channel_norm(autograd::op(op, "num_groups", num_groups, "eps", eps), x, weight, bias, groups, stats.mean,
                      stats.rstd(eps), false, std::move(recorded));
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, bool training, double momentum, double eps) {
  require_floating_point("batch_norm", x.dtype());
  check<ShapeError>(x.dim() >= 2 && x.dim() <= 5, "[batch_norm] input must be [N, C, ...] of 2 to 5 dimensions, got {}",
                    x.sizes());
  const int64_t n = x.size(0), c = x.size(1);
  check_params("batch_norm", x, weight, bias, {c});
  for (const Tensor* t : {&running_mean, &running_var})
    check<ShapeError>(!t->defined() || t->sizes() == IntArrayRef(c),
                      "[batch_norm] running statistics must be [{}], got {} (input {})", c,
                      t->defined() ? t->sizes() : IntArrayRef(), x.sizes());
  check<ValueError>(training || (running_mean.defined() && running_var.defined()),
                    "[batch_norm] needs running_mean and running_var unless training (input {})", x.sizes());
  const int64_t count = c ? x.numel() / c : 0;
  check<ShapeError>(!training || count > 1, "[batch_norm] needs more than one value per channel to train, got input {}",
                    x.sizes());

  const kernel::NormGroups groups{true, c};
  RecordedNorm recorded{{n, c, n ? count / n : 0}, {c, 1}, {0, 2}, {0, 2}, eps};
  kernel::NormStats stats;
  if (training) {
    stats = kernel::norm_stats(kernel::dense_batch(x.detach()), groups);
    const auto m = static_cast<double>(count);
    update_running(running_mean, stats.mean, 1, momentum);
    update_running(running_var, stats.var, m / (m - 1), momentum);
  } else {
    stats.mean = as_doubles(running_mean);
    stats.var = as_doubles(running_var);
  }
  if (x.numel() == 0) return x.clone();
  return channel_norm(autograd::op("batch_norm", "training", training, "momentum", momentum, "eps", eps), x, weight,
                      bias, groups, stats.mean, stats.rstd(eps), !training, std::move(recorded));
}

Tensor group_norm(const Tensor& x, int64_t num_groups, const Tensor& weight, const Tensor& bias, double eps) {
  require_floating_point("group_norm", x.dtype());
  check<ShapeError>(x.dim() >= 2, "[group_norm] input must be [N, C, ...], got {}", x.sizes());
  check<ShapeError>(num_groups > 0 && x.size(1) % num_groups == 0,
                    "[group_norm] {} channels do not divide into {} groups (input {})", x.size(1), num_groups,
                    x.sizes());
  return grouped_norm("group_norm", x, num_groups, weight, bias, eps);
}

Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  require_floating_point("instance_norm", x.dtype());
  check<ShapeError>(x.dim() >= 3 && x.numel() != x.size(0) * x.size(1),
                    "[instance_norm] input must be [N, C, ...] with more than one value per channel, got {}",
                    x.sizes());
  return grouped_norm("instance_norm", x, x.size(1), weight, bias, eps);
}

Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  require_floating_point("layer_norm", input.dtype());
  const size_t k = normalized_shape.size(), dims = input.sizes().size();
  check<ShapeError>(k > 0 && k <= dims && IntArrayRef(input.sizes().end() - k, k) == normalized_shape,
                    "[layer_norm] input must end in {}, got {}", normalized_shape, input.sizes());
  check_params("layer_norm", input, weight, bias, normalized_shape);
  const int64_t n = numel_of(normalized_shape), rows = n ? input.numel() / n : 0;
  const Tensor x = input.detach().contiguous(), w = contiguous_or_none(weight);
  Tensor mean, rstd;
  Tensor out = kernel::layer_norm(x, n, w, contiguous_or_none(bias), eps, mean, rstd);
  if (!autograd::records({input, weight, bias})) return out;
  RecordedNorm recorded{{rows, n}, {n}, {1}, {0}, eps};
  auto rule = [input = saved(input), x = saved(x), weight = saved(weight), w = saved(w), mean, rstd, n,
               param_sizes = Dims(normalized_shape), recorded](const Tensor& g, Grads& grads) {
    if (GradMode::is_enabled()) {
      recorded(g, input, weight, {}, {}, grads);
    } else {
      auto d = kernel::layer_norm_grad(g, x, n, w, mean, rstd, grads.needs(0), grads.needs(1) || grads.needs(2));
      if (grads.needs(0)) grads[0] = d.x;
      if (grads.needs(1)) grads[1] = d.weight;
      if (grads.needs(2)) grads[2] = d.bias;
    }
    for (size_t i : {1, 2})
      if (grads.needs(i)) grads[i] = grads[i].reshape(param_sizes);
  };
  return autograd::record_joint(autograd::op("layer_norm", "normalized_shape", normalized_shape, "eps", eps), out,
                                {input, weight, bias}, std::move(rule));
}

}  // namespace weft
