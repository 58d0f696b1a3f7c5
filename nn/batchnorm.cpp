#include "weft/nn/batchnorm.h"

#include <mutex>
#include <ostream>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

constexpr const char* kBatchNorm[] = {"", "BatchNorm1d", "BatchNorm2d"};
constexpr const char* kInstanceNorm[] = {"", "InstanceNorm1d", "InstanceNorm2d"};

/// running = (1 - factor) running + factor batch. A plain loop, because a lock must not be held across a parallel_for.
void blend(Tensor& running, const Tensor& batch, double factor) {
  dispatch<TypeList<Half, BFloat16, float, double>>("batch_norm", running.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Real = std::conditional_t<is_float16<T>, float, T>;
    const Tensor values = batch.to(running.dtype());
    auto to = running.accessor<T, 1>();
    const auto from = values.accessor<T, 1>();
    const Real f = static_cast<Real>(factor), rest = static_cast<Real>(1 - factor);
    for (int64_t c = 0; c < running.numel(); ++c) to[c] = f * from[c] + rest * to[c];
  });
  running.impl().storage->bump_version();
}

/// Updates the running statistics with one batch. All modules share one lock, held for a few hundred elements.
template <class Norm>
void track(Norm& norm, const Tensor& mean, const Tensor& var) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  const int64_t count = ++*norm.num_batches_tracked.template data_ptr<int64_t>();
  norm.num_batches_tracked.impl().storage->bump_version();
  const double factor = norm.options.momentum().value_or(1.0 / static_cast<double>(count));
  blend(norm.running_mean, mean, factor);
  blend(norm.running_var, var, factor);
}

template <class Options>
void check_channels(const char* name, const Tensor& x, int64_t channels, const Options& o) {
  check<ShapeError>(channels == o.num_features(), "[{}] input has {} channels, num_features is {} (input {})", name,
                    channels, o.num_features(), x.sizes());
}

}  // namespace

namespace functional {

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& o) {
  return weft::batch_norm(x, o.weight(), o.bias(), running_mean, running_var, o.training(), o.momentum(), o.eps());
}
Tensor instance_norm(const Tensor& x, const InstanceNormFuncOptions& o) {
  return weft::instance_norm(x, o.weight(), o.bias(), o.eps());
}

}  // namespace functional

// Both ---------------------------------------------------------------------------------------------------------------
template <class Derived, class Options>
TrackedNorm<Derived, Options>::TrackedNorm(const char* name, const Options& options)
    : Layer<Derived>("weft::nn::" + std::string(name) + "Impl"), options(options) {
  reset();
}

template <class Derived, class Options>
void TrackedNorm<Derived, Options>::reset() {
  const int64_t n = options.num_features();
  check<ValueError>(n > 0, "[norm] num_features must be positive, got {}", n);
  const bool affine = options.affine();
  weight = this->register_parameter("weight", affine ? empty({n}) : Tensor(), affine);
  bias = this->register_parameter("bias", affine ? empty({n}) : Tensor(), affine);
  if (options.track_running_stats()) {
    running_mean = this->register_buffer("running_mean", zeros({n}));
    running_var = this->register_buffer("running_var", ones({n}));
    num_batches_tracked = this->register_buffer("num_batches_tracked", zeros({}, kInt64));
  }
  reset_parameters();
}

template <class Derived, class Options>
void TrackedNorm<Derived, Options>::reset_running_stats() {
  if (!options.track_running_stats()) return;
  init::zeros_(running_mean);
  init::ones_(running_var);
  init::zeros_(num_batches_tracked);
}

template <class Derived, class Options>
void TrackedNorm<Derived, Options>::reset_parameters() {
  reset_running_stats();
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

template <class Derived, class Options>
void TrackedNorm<Derived, Options>::pretty_print(std::ostream& out) const {
  std::string name = this->name();
  name.erase(name.size() - 4);  // "Impl"
  out << std::boolalpha << name << "(" << options.num_features() << ", eps=" << options.eps() << ", momentum=";
  if (options.momentum())
    out << *options.momentum();
  else
    out << "None";
  out << ", affine=" << options.affine() << ", track_running_stats=" << options.track_running_stats() << ")";
}

// BatchNorm ----------------------------------------------------------------------------------------------------------
template <size_t D>
BatchNormImpl<D>::BatchNormImpl(const BatchNormOptions& options)
    : TrackedNorm<BatchNormImpl<D>, BatchNormOptions>(kBatchNorm[D], options) {}

template <size_t D>
Tensor BatchNormImpl<D>::forward(const Tensor& x) {
  auto body = [this](const Tensor& in) {
    const auto& o = this->options;
    check<ShapeError>(D == 1 ? in.dim() == 2 || in.dim() == 3 : in.dim() == 4,
                      "[batch_norm] {} takes {} dimensions, got {}", kBatchNorm[D], D == 1 ? "2 or 3" : "4",
                      in.sizes());
    check_channels("batch_norm", in, in.size(1), o);
    const bool training = this->is_training();
    check<ValueError>(!training || in.numel() > in.size(1),
                      "[batch_norm] training needs more than one value per channel, got {}", in.sizes());
    if (!training || !o.track_running_stats())
      return weft::batch_norm(in, this->weight, this->bias, this->running_mean, this->running_var,
                              training || !o.track_running_stats(), 0, o.eps());
    // With momentum 1 the op returns the batch's own statistics; they are added under a lock afterwards.
    const Tensor mean = zeros({in.size(1)}, this->running_mean.dtype()), var = zeros_like(mean);
    Tensor y = weft::batch_norm(in, this->weight, this->bias, mean, var, true, 1, o.eps());
    track(*this, mean, var);
    return y;
  };
  return this->run(body, x);
}

// InstanceNorm -------------------------------------------------------------------------------------------------------
template <size_t D>
InstanceNormImpl<D>::InstanceNormImpl(const InstanceNormOptions& options)
    : TrackedNorm<InstanceNormImpl<D>, InstanceNormOptions>(kInstanceNorm[D], options) {}

template <size_t D>
Tensor InstanceNormImpl<D>::forward(const Tensor& x) {
  auto body = [this](const Tensor& in) {
    const auto& o = this->options;
    const int64_t dims = static_cast<int64_t>(D) + 2;
    check<ShapeError>(in.dim() == dims || in.dim() == dims - 1, "[instance_norm] {} takes {} or {} dimensions, got {}",
                      kInstanceNorm[D], dims - 1, dims, in.sizes());
    const bool batched = in.dim() == dims;
    const Tensor batch = batched ? in : in.unsqueeze(0);
    check_channels("instance_norm", in, batch.size(1), o);
    Tensor y;
    if (!o.track_running_stats()) {
      y = weft::instance_norm(batch, this->weight, this->bias, o.eps());
    } else if (!this->is_training()) {
      y = weft::batch_norm(batch, this->weight, this->bias, this->running_mean, this->running_var, false, 0, o.eps());
    } else {
      y = weft::instance_norm(batch, this->weight, this->bias, o.eps());
      NoGradGuard no_grad;
      Dims space;
      for (int64_t d = 2; d < dims; ++d) space.push_back(d);
      track(*this, batch.mean(space).mean(0), batch.var(space).mean(0));
    }
    return batched ? y : y.squeeze(0);
  };
  return this->run(body, x);
}

template class TrackedNorm<BatchNormImpl<1>, BatchNormOptions>;
template class TrackedNorm<BatchNormImpl<2>, BatchNormOptions>;
template class TrackedNorm<InstanceNormImpl<1>, InstanceNormOptions>;
template class TrackedNorm<InstanceNormImpl<2>, InstanceNormOptions>;
template class BatchNormImpl<1>;
template class BatchNormImpl<2>;
template class InstanceNormImpl<1>;
template class InstanceNormImpl<2>;

template class Cloneable<BatchNorm1dImpl>;
template class Cloneable<BatchNorm2dImpl>;
template class Cloneable<InstanceNorm1dImpl>;
template class Cloneable<InstanceNorm2dImpl>;

}  // namespace weft::nn
