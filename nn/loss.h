// Losses: the rows of losses.def.
#pragma once

#include <concepts>

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {
namespace detail {

template <class Options, class Reduction>
constexpr bool makes_loss =
    std::constructible_from<Options, Reduction> && !std::is_convertible_v<Reduction, const Options&>;

/// A loss of (input, target) with Options, reduced to a scalar by kMean (default) or kSum, or left at the input's sizes
/// by kNone. Weights are copied and registered as buffers. Throws ShapeError for sizes that do not match.
template <class Options>
class LossImpl : public Layer<LossImpl<Options>> {
 public:
  LossImpl(const Options& options = {});  // NOLINT
  template <class Reduction>
  requires makes_loss<Options, Reduction>
  explicit LossImpl(Reduction reduction) : LossImpl(Options(reduction)) {}
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);
  Options options;
};

}  // namespace detail

#define WEFT_UNPAREN(...) __VA_ARGS__
#define WEFT_LOSS_CLASS(Name, ReductionType, function, FuncOptions, fields)                 \
  struct Name##Options {                                                                    \
    Name##Options() = default;                                                              \
    template <std::convertible_to<ReductionType> R>                                         \
    Name##Options(R reduction) : reduction_(reduction) {} /* NOLINT */                      \
    WEFT_ARG(ReductionType, reduction) = kMean;                                             \
    WEFT_UNPAREN fields                                                                     \
  };                                                                                        \
  using Name##Impl = detail::LossImpl<Name##Options>;                                       \
  using Name = ModuleHolder<Name##Impl>;                                                    \
  namespace functional {                                                                    \
  using FuncOptions = Name##Options;                                                        \
  using weft::function;                                                                     \
  Tensor function(const Tensor& input, const Tensor& target, FuncArg<FuncOptions> options); \
  }
#define WEFT_LOSS(Name, ReductionType, function, FuncOptions, fields, args, printed) \
  WEFT_LOSS_CLASS(Name, ReductionType, function, FuncOptions, fields)
#define WEFT_WEIGHTED_LOSS(Name, function, FuncOptions, fields, args, printed) \
  WEFT_LOSS_CLASS(Name, LossReduction, function, FuncOptions, (WEFT_ARG(Tensor, weight); WEFT_UNPAREN fields))
#include "weft/nn/losses.def"
#undef WEFT_LOSS_CLASS

}  // namespace weft::nn
