// Normalisation of each sample by itself: LayerNorm, GroupNorm.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

struct LayerNormOptions {
  LayerNormOptions(std::vector<int64_t> normalized_shape) : normalized_shape_(std::move(normalized_shape)) {}  // NOLINT
  LayerNormOptions(std::initializer_list<int64_t> normalized_shape) : normalized_shape_(normalized_shape) {}   // NOLINT
  WEFT_ARG(std::vector<int64_t>, normalized_shape);
  WEFT_ARG(double, eps) = 1e-5;
  WEFT_ARG(bool, elementwise_affine) = true;
};

struct GroupNormOptions {
  GroupNormOptions(int64_t num_groups, int64_t num_channels) : num_groups_(num_groups), num_channels_(num_channels) {}
  WEFT_ARG(int64_t, num_groups);
  WEFT_ARG(int64_t, num_channels);
  WEFT_ARG(double, eps) = 1e-5;
  WEFT_ARG(bool, affine) = true;
};

namespace functional {

struct LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)  // NOLINT
      : normalized_shape_(std::move(normalized_shape)) {}
  WEFT_ARG(std::vector<int64_t>, normalized_shape);
  WEFT_ARG(Tensor, weight);
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(double, eps) = 1e-5;
};
struct GroupNormFuncOptions {
  GroupNormFuncOptions(int64_t num_groups) : num_groups_(num_groups) {}  // NOLINT
  WEFT_ARG(int64_t, num_groups);
  WEFT_ARG(Tensor, weight);
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(double, eps) = 1e-5;
};
using weft::group_norm;
using weft::layer_norm;
Tensor layer_norm(const Tensor& x, FuncArg<LayerNormFuncOptions> options);
Tensor group_norm(const Tensor& x, const GroupNormFuncOptions& options);

}  // namespace functional

/// y = (x - mean) / sqrt(var + eps) * weight + bias, mean and variance over the last dimensions: x [*,
/// normalized_shape...] -> the same sizes; weight and bias of normalized_shape, initialised to 1 and 0. Throws
/// ShapeError if x ends in other sizes. Ba et al. 2016.
class LayerNormImpl : public Layer<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<int64_t> normalized_shape)  // NOLINT
      : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  LayerNormOptions options;
  Tensor weight, bias;
};
WEFT_LAYER(LayerNorm);

/// The same over groups of channels: x [N, C, *]; weight and bias [C]. Throws ValueError unless num_groups divides C.
/// Wu and He 2018.
class GroupNormImpl : public Layer<GroupNormImpl> {
 public:
  GroupNormImpl(int64_t num_groups, int64_t num_channels) : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}
  explicit GroupNormImpl(const GroupNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  GroupNormOptions options;
  Tensor weight, bias;
};
WEFT_LAYER(GroupNorm);

}  // namespace weft::nn
