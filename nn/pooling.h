// Pooling: MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

struct MaxPool2dOptions {
  MaxPool2dOptions(ExpandingArray<2> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  WEFT_ARG(ExpandingArray<2>, kernel_size);
  WEFT_ARG(ExpandingArray<2>, stride);
  WEFT_ARG(ExpandingArray<2>, padding) = 0;
  WEFT_ARG(ExpandingArray<2>, dilation) = 1;
  WEFT_ARG(bool, ceil_mode) = false;
};

struct AvgPool2dOptions {
  AvgPool2dOptions(ExpandingArray<2> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  WEFT_ARG(ExpandingArray<2>, kernel_size);
  WEFT_ARG(ExpandingArray<2>, stride);
  WEFT_ARG(ExpandingArray<2>, padding) = 0;
  WEFT_ARG(bool, ceil_mode) = false;
  WEFT_ARG(bool, count_include_pad) = true;
  WEFT_ARG(std::optional<int64_t>, divisor_override) = std::nullopt;
};

/// output_size is an integer or {height, width}; nullopt keeps the input's size.
struct AdaptivePool2dOptions {
  AdaptivePool2dOptions(ExpandingArrayWithOptionalElem<2> output_size) : output_size_(output_size) {}  // NOLINT
  AdaptivePool2dOptions(int64_t output_size) : output_size_(output_size) {}                            // NOLINT
  AdaptivePool2dOptions(const std::vector<int64_t>& output_size) : output_size_(output_size) {}        // NOLINT
  AdaptivePool2dOptions(std::initializer_list<std::optional<int64_t>> size) : output_size_(size) {}    // NOLINT
  WEFT_ARG(ExpandingArrayWithOptionalElem<2>, output_size);
};
using AdaptiveAvgPool2dOptions = AdaptivePool2dOptions;
using AdaptiveMaxPool2dOptions = AdaptivePool2dOptions;

namespace functional {
using MaxPool2dFuncOptions = MaxPool2dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
using AdaptiveMaxPool2dFuncOptions = AdaptiveMaxPool2dOptions;
using weft::adaptive_avg_pool2d;
using weft::adaptive_max_pool2d;
using weft::avg_pool2d;
using weft::max_pool2d;
using weft::max_pool2d_with_indices;
Tensor max_pool2d(const Tensor& x, FuncArg<MaxPool2dFuncOptions> options);
Tensor2 max_pool2d_with_indices(const Tensor& x, FuncArg<MaxPool2dFuncOptions> options);
Tensor avg_pool2d(const Tensor& x, FuncArg<AvgPool2dFuncOptions> options);
Tensor adaptive_avg_pool2d(const Tensor& x, FuncArg<AdaptiveAvgPool2dFuncOptions> options);
Tensor adaptive_max_pool2d(const Tensor& x, FuncArg<AdaptiveMaxPool2dFuncOptions> options);
/// output_size as {7}, {7, 5} or {nullopt, 7}.
Tensor adaptive_avg_pool2d(const Tensor& x, std::initializer_list<std::optional<int64_t>> output_size);
Tensor adaptive_max_pool2d(const Tensor& x, std::initializer_list<std::optional<int64_t>> output_size);
}  // namespace functional

/// The maximum of each window: x [N, C, H, W] or [C, H, W] -> [.., H', W'], H' = floor((H + 2 padding - dilation
/// (kernel - 1) - 1) / stride) + 1 (ceil with ceil_mode). stride defaults to kernel_size.
class MaxPool2dImpl : public Layer<MaxPool2dImpl> {
 public:
  MaxPool2dImpl(ExpandingArray<2> kernel_size) : MaxPool2dImpl(MaxPool2dOptions(kernel_size)) {}  // NOLINT
  explicit MaxPool2dImpl(const MaxPool2dOptions& o) : options(o) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  /// {values, int64 indices into each H x W plane}
  Tensor2 forward_with_indices(const Tensor& x);
  MaxPool2dOptions options;
};
WEFT_LAYER(MaxPool2d);

/// The mean of each window: x [N, C, H, W] or [C, H, W] -> [.., H', W'] as MaxPool2d with dilation 1. The divisor is
/// divisor_override, or the window's size (with count_include_pad including the padding).
class AvgPool2dImpl : public Layer<AvgPool2dImpl> {
 public:
  AvgPool2dImpl(ExpandingArray<2> kernel_size) : AvgPool2dImpl(AvgPool2dOptions(kernel_size)) {}  // NOLINT
  explicit AvgPool2dImpl(const AvgPool2dOptions& o) : options(o) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  AvgPool2dOptions options;
};
WEFT_LAYER(AvgPool2d);

/// x [N, C, H, W] or [C, H, W] -> [.., output height, output width]: the means of windows of nearly equal size.
class AdaptiveAvgPool2dImpl : public Layer<AdaptiveAvgPool2dImpl> {
 public:
  AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& o) : options(o) {}  // NOLINT
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  AdaptiveAvgPool2dOptions options;
};
WEFT_LAYER(AdaptiveAvgPool2d);

/// x [N, C, H, W] or [C, H, W] -> [.., output height, output width]: the maxima of windows of nearly equal size.
class AdaptiveMaxPool2dImpl : public Layer<AdaptiveMaxPool2dImpl> {
 public:
  AdaptiveMaxPool2dImpl(const AdaptiveMaxPool2dOptions& o) : options(o) {}  // NOLINT
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  AdaptiveMaxPool2dOptions options;
};
WEFT_LAYER(AdaptiveMaxPool2d);

}  // namespace weft::nn
