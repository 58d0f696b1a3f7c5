// Convolutions: Conv1d, Conv2d, ConvTranspose2d.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

/// Sizes are integers or lists of D integers. `padding` also takes kSame and kValid; `padding_mode` is kZeros,
/// kReflect, kReplicate or kCircular.
template <size_t D>
struct ConvOptions {
  ConvOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  WEFT_ARG(int64_t, in_channels);
  WEFT_ARG(int64_t, out_channels);
  WEFT_ARG(ExpandingArray<D>, kernel_size);
  WEFT_ARG(ExpandingArray<D>, stride) = 1;
  WEFT_ARG(ConvPadding<D>, padding) = 0;
  WEFT_ARG(ExpandingArray<D>, dilation) = 1;
  WEFT_ARG(int64_t, groups) = 1;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(PaddingMode, padding_mode) = kZeros;
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;

template <size_t D>
struct ConvTransposeOptions {
  ConvTransposeOptions(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  WEFT_ARG(int64_t, in_channels);
  WEFT_ARG(int64_t, out_channels);
  WEFT_ARG(ExpandingArray<D>, kernel_size);
  WEFT_ARG(ExpandingArray<D>, stride) = 1;
  WEFT_ARG(ExpandingArray<D>, padding) = 0;
  WEFT_ARG(ExpandingArray<D>, output_padding) = 0;
  WEFT_ARG(int64_t, groups) = 1;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(ExpandingArray<D>, dilation) = 1;
};
using ConvTranspose2dOptions = ConvTransposeOptions<2>;

namespace functional {

template <size_t D>
struct ConvFuncOptions {
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(ExpandingArray<D>, stride) = 1;
  WEFT_ARG(ConvPadding<D>, padding) = 0;
  WEFT_ARG(ExpandingArray<D>, dilation) = 1;
  WEFT_ARG(int64_t, groups) = 1;
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;

struct ConvTranspose2dFuncOptions {
  WEFT_ARG(Tensor, bias);
  WEFT_ARG(ExpandingArray<2>, stride) = 1;
  WEFT_ARG(ExpandingArray<2>, padding) = 0;
  WEFT_ARG(ExpandingArray<2>, output_padding) = 0;
  WEFT_ARG(int64_t, groups) = 1;
  WEFT_ARG(ExpandingArray<2>, dilation) = 1;
};

using weft::conv1d;
using weft::conv2d;
using weft::conv_transpose2d;
Tensor conv1d(const Tensor& x, const Tensor& weight, FuncArg<Conv1dFuncOptions> options);
Tensor conv2d(const Tensor& x, const Tensor& weight, FuncArg<Conv2dFuncOptions> options);
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, FuncArg<ConvTranspose2dFuncOptions> options);

}  // namespace functional

/// x [N, C, L] or [N, C, H, W], or without N, -> [N, O, L'] or [N, O, H', W'], with H' = (H + 2 padding - dilation
/// (kernel - 1) - 1) / stride + 1; weight [O, C / groups, kernel...], bias [O]. Both are initialised uniformly within 1
/// / sqrt(C / groups * kernel elements).
template <size_t D>
class ConvImpl : public Layer<ConvImpl<D>> {
 public:
  ConvImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)
      : ConvImpl(ConvOptions<D>(in_channels, out_channels, kernel_size)) {}
  explicit ConvImpl(const ConvOptions<D>& options);
  /// Throws ValueError for options that do not fit together.
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  ConvOptions<D> options;
  Tensor weight, bias;
};
extern template class ConvImpl<1>;
extern template class ConvImpl<2>;
using Conv1dImpl = ConvImpl<1>;
using Conv2dImpl = ConvImpl<2>;
WEFT_LAYER(Conv1d);
WEFT_LAYER(Conv2d);

/// x [N, C, H, W] -> [N, O, H', W'], H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1;
/// weight [C, O / groups, kh, kw]. forward optionally takes H' and W' instead of output_padding.
class ConvTranspose2dImpl : public Layer<ConvTranspose2dImpl> {
 public:
  ConvTranspose2dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<2> kernel_size)
      : ConvTranspose2dImpl(ConvTranspose2dOptions(in_channels, out_channels, kernel_size)) {}
  explicit ConvTranspose2dImpl(const ConvTranspose2dOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x, std::optional<IntArrayRef> output_size = std::nullopt);

  ConvTranspose2dOptions options;
  Tensor weight, bias;

 private:
  ExpandingArray<2> output_padding_for(const Tensor& x, IntArrayRef output_size) const;
};
WEFT_LAYER(ConvTranspose2d);

}  // namespace weft::nn
