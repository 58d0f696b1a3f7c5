// Layers that rearrange elements: Flatten, Unflatten, Identity, PixelShuffle, and padding.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

struct FlattenOptions {
  WEFT_ARG(int64_t, start_dim) = 1;
  WEFT_ARG(int64_t, end_dim) = -1;
};
struct UnflattenOptions {
  UnflattenOptions(int64_t dim, std::vector<int64_t> sizes) : dim_(dim), sizes_(std::move(sizes)) {}
  WEFT_ARG(int64_t, dim);
  WEFT_ARG(std::vector<int64_t>, sizes);
};
struct PixelShuffleOptions {
  PixelShuffleOptions(int64_t upscale_factor) : upscale_factor_(upscale_factor) {}  // NOLINT
  WEFT_ARG(int64_t, upscale_factor);
};
/// {left, right, top, bottom}, or one width for all sides.
struct Pad2dOptions {
  Pad2dOptions(ExpandingArray<4> padding) : padding_(padding) {}  // NOLINT
  WEFT_ARG(ExpandingArray<4>, padding);
};
/// {left, right} or {left, right, top, bottom}, or one width for all sides; and the value to fill in.
template <size_t D>
struct ConstantPadOptions {
  ConstantPadOptions(ExpandingArray<2 * D> padding, double value) : padding_(padding), value_(value) {}
  WEFT_ARG(ExpandingArray<2 * D>, padding);
  WEFT_ARG(double, value) = 0;
};
using ConstantPad1dOptions = ConstantPadOptions<1>;
using ConstantPad2dOptions = ConstantPadOptions<2>;
using ZeroPad2dOptions = Pad2dOptions;
using ReflectionPad2dOptions = Pad2dOptions;
using ReplicationPad2dOptions = Pad2dOptions;

namespace functional {
/// pad: {left, right, top, bottom, ...} from the last dimension on. mode: kConstant, kReflect, kReplicate, kCircular.
struct PadFuncOptions {
  PadFuncOptions(std::vector<int64_t> pad) : pad_(std::move(pad)) {}  // NOLINT
  WEFT_ARG(std::vector<int64_t>, pad);
  WEFT_ARG(PaddingMode, mode) = kConstant;
  WEFT_ARG(double, value) = 0;
};
using PixelShuffleFuncOptions = PixelShuffleOptions;
using weft::pad;
using weft::pixel_shuffle;
Tensor pad(const Tensor& x, FuncArg<PadFuncOptions> options);
Tensor pixel_shuffle(const Tensor& x, const PixelShuffleFuncOptions& options);
}  // namespace functional

/// Merges the dimensions start_dim to end_dim into one: [N, C, H, W] -> [N, C H W] by default.
class FlattenImpl : public Layer<FlattenImpl> {
 public:
  explicit FlattenImpl(const FlattenOptions& o = {}) : options(o) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  FlattenOptions options;
};
WEFT_LAYER(Flatten);

/// Splits dimension `dim` into `sizes`, one of which may be -1: [N, 12] -> [N, 3, 4]. Throws ShapeError if they do not
/// fit.
class UnflattenImpl : public Layer<UnflattenImpl> {
 public:
  UnflattenImpl(int64_t dim, std::vector<int64_t> sizes) : UnflattenImpl(UnflattenOptions(dim, std::move(sizes))) {}
  explicit UnflattenImpl(UnflattenOptions o) : options(std::move(o)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  UnflattenOptions options;
};
WEFT_LAYER(Unflatten);

/// Returns its input.
class IdentityImpl : public Layer<IdentityImpl> {
 public:
  IdentityImpl() = default;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
};
WEFT_LAYER(Identity);

/// [N, C r^2, H, W] -> [N, C, H r, W r], r = upscale_factor.
class PixelShuffleImpl : public Layer<PixelShuffleImpl> {
 public:
  PixelShuffleImpl(const PixelShuffleOptions& o) : options(o) {}  // NOLINT
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  PixelShuffleOptions options;
};
WEFT_LAYER(PixelShuffle);

namespace detail {
struct ZeroPad {
  static constexpr const char *kName = "weft::nn::ZeroPad2d", *kMode = "constant";
};
struct ReflectionPad {
  static constexpr const char *kName = "weft::nn::ReflectionPad2d", *kMode = "reflect";
};
struct ReplicationPad {
  static constexpr const char *kName = "weft::nn::ReplicationPad2d", *kMode = "replicate";
};
/// Pads the last D dimensions with a constant.
template <size_t D>
class ConstantPadImpl : public Layer<ConstantPadImpl<D>> {
 public:
  ConstantPadImpl(ExpandingArray<2 * D> padding, double value)
      : ConstantPadImpl(ConstantPadOptions<D>(padding, value)) {}
  explicit ConstantPadImpl(const ConstantPadOptions<D>& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  ConstantPadOptions<D> options;
};
extern template class ConstantPadImpl<1>;
extern template class ConstantPadImpl<2>;

/// Pads the last two dimensions: x [.., H, W] -> [.., H + top + bottom, W + left + right].
template <class Kind>
class Pad2dImpl : public Layer<Pad2dImpl<Kind>> {
 public:
  Pad2dImpl(ExpandingArray<4> padding) : Pad2dImpl(Pad2dOptions(padding)) {}  // NOLINT
  explicit Pad2dImpl(const Pad2dOptions& o) : Layer<Pad2dImpl<Kind>>(std::string(Kind::kName) + "Impl"), options(o) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  Pad2dOptions options;
};
extern template class Pad2dImpl<ZeroPad>;
extern template class Pad2dImpl<ReflectionPad>;
extern template class Pad2dImpl<ReplicationPad>;
}  // namespace detail
using ConstantPad1dImpl = detail::ConstantPadImpl<1>;
using ConstantPad2dImpl = detail::ConstantPadImpl<2>;
using ZeroPad2dImpl = detail::Pad2dImpl<detail::ZeroPad>;
using ReflectionPad2dImpl = detail::Pad2dImpl<detail::ReflectionPad>;
using ReplicationPad2dImpl = detail::Pad2dImpl<detail::ReplicationPad>;
WEFT_LAYER(ConstantPad1d);
WEFT_LAYER(ConstantPad2d);
WEFT_LAYER(ZeroPad2d);
WEFT_LAYER(ReflectionPad2d);
WEFT_LAYER(ReplicationPad2d);

}  // namespace weft::nn
