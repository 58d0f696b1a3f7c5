// Normalisation with tracked batch statistics: BatchNorm1d/2d, InstanceNorm1d/2d.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

/// eps is added to the variance. running = (1 - momentum) running + momentum batch; momentum nullopt tracks the plain
/// average of all batches.
struct BatchNormOptions {
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT
  WEFT_ARG(int64_t, num_features);
  WEFT_ARG(double, eps) = 1e-5;
  WEFT_ARG(std::optional<double>, momentum) = 0.1;
  WEFT_ARG(bool, affine) = true;
  WEFT_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;

struct InstanceNormOptions {
  InstanceNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT
  WEFT_ARG(int64_t, num_features);
  WEFT_ARG(double, eps) = 1e-5;
  WEFT_ARG(std::optional<double>, momentum) = 0.1;
  WEFT_ARG(bool, affine) = false;
  WEFT_ARG(bool, track_running_stats) = false;
};
using InstanceNorm1dOptions = InstanceNormOptions;
using InstanceNorm2dOptions = InstanceNormOptions;

namespace functional {

struct BatchNormFuncOptions {
  WEFT_ARG(Tensor, weight);
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(bool, training) = false;
  WEFT_ARG(double, momentum) = 0.1;
  WEFT_ARG(double, eps) = 1e-5;
};
struct InstanceNormFuncOptions {
  WEFT_ARG(Tensor, weight);
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(double, eps) = 1e-5;
};
using weft::batch_norm;
using weft::instance_norm;
/// `training` without running statistics is allowed: leave both undefined.
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options = {});
Tensor instance_norm(const Tensor& x, const InstanceNormFuncOptions& options);

}  // namespace functional

/// Base of both: weight and bias [C] if affine; buffers running_mean, running_var [C] and num_batches_tracked (int64)
/// if tracked. Several threads may run forward in training: each batch counts once, in some order.
template <class Derived, class Options>
class TrackedNorm : public Layer<Derived> {
 public:
  void reset() override;
  void reset_parameters();
  void reset_running_stats();
  void pretty_print(std::ostream& stream) const override;

  Options options;
  Tensor weight, bias, running_mean, running_var, num_batches_tracked;

 protected:
  TrackedNorm(const char* name, const Options& options);
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias, per channel. x [N, C] or [N, C, L] for D = 1, [N, C, H, W] for D =
/// 2; the result has x's sizes. Training uses the batch's mean and biased variance and stores the unbiased variance;
/// evaluation uses the running statistics. Ioffe and Szegedy 2015.
template <size_t D>
class BatchNormImpl : public TrackedNorm<BatchNormImpl<D>, BatchNormOptions> {
 public:
  BatchNormImpl(const BatchNormOptions& options);  // NOLINT
  /// Throws ValueError in training if a channel has only one value.
  Tensor forward(const Tensor& x);
};

/// x [N, C, L] for D = 1, [N, C, H, W] for D = 2, or without N: normalises each channel of each sample by its own mean
/// and variance.
template <size_t D>
class InstanceNormImpl : public TrackedNorm<InstanceNormImpl<D>, InstanceNormOptions> {
 public:
  InstanceNormImpl(const InstanceNormOptions& options);  // NOLINT
  Tensor forward(const Tensor& x);
};

extern template class BatchNormImpl<1>;
extern template class BatchNormImpl<2>;
extern template class InstanceNormImpl<1>;
extern template class InstanceNormImpl<2>;
using BatchNorm1dImpl = BatchNormImpl<1>;
using BatchNorm2dImpl = BatchNormImpl<2>;
using InstanceNorm1dImpl = InstanceNormImpl<1>;
using InstanceNorm2dImpl = InstanceNormImpl<2>;
WEFT_LAYER(BatchNorm1d);
WEFT_LAYER(BatchNorm2d);
WEFT_LAYER(InstanceNorm1d);
WEFT_LAYER(InstanceNorm2d);

}  // namespace weft::nn
