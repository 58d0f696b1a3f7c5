// Activations: the rows of activations.def, and PReLU, which has a parameter.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {
namespace detail {

template <class Options, class Head, class... Tail>
constexpr bool makes_options = sizeof...(Tail) > 0 || !(std::is_convertible_v<Head, Options> ||
                                                        std::is_base_of_v<Module, std::remove_cvref_t<Head>>);

/// A layer that applies an elementwise function with Options. x has any shape and a floating-point dtype; the result
/// has the same (GLU halves one dimension).
template <class Options>
class ActivationImpl : public Layer<ActivationImpl<Options>> {
 public:
  ActivationImpl(Options options = {});  // NOLINT
  /// Forwards to a constructor of Options: nn::LeakyReLU(0.2), nn::Threshold(0.1, 20.0).
  template <class Head, class... Tail>
  requires makes_options<Options, Head, Tail...>
  explicit ActivationImpl(Head&& head, Tail&&... tail)
      : ActivationImpl(Options(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  Options options;
};

}  // namespace detail

#define WEFT_ACTIVATION_CLASSES(Name, function)                       \
  using Name##Impl = detail::ActivationImpl<Name##Options>;           \
  using Name = ModuleHolder<Name##Impl>;                              \
  namespace functional {                                              \
  using Name##FuncOptions = Name##Options;                            \
  using weft::function;                                               \
  Tensor function(const Tensor& x, const Name##FuncOptions& options); \
  }
#define WEFT_ACTIVATION0(Name, function)                                    \
  struct Name##Options {                                                    \
    Name##Options(bool inplace = false) : inplace_(inplace) {} /* NOLINT */ \
    WEFT_ARG(bool, inplace);                                                \
  };                                                                        \
  WEFT_ACTIVATION_CLASSES(Name, function)
#define WEFT_ACTIVATION1(Name, function, type, option, default_value, label)                \
  struct Name##Options {                                                                    \
    Name##Options(type option default_value) : option##_(std::move(option)) {} /* NOLINT */ \
    WEFT_ARG(type, option);                                                                 \
    WEFT_ARG(bool, inplace) = false;                                                        \
  };                                                                                        \
  WEFT_ACTIVATION_CLASSES(Name, function)
#define WEFT_ACTIVATION2(Name, function, type, option, default_value, label, type2, option2, default_value2, label2) \
  struct Name##Options {                                                                                             \
    Name##Options(type option default_value, type2 option2 default_value2) /* NOLINT */                              \
        : option##_(std::move(option)), option2##_(std::move(option2)) {}                                            \
    WEFT_ARG(type, option);                                                                                          \
    WEFT_ARG(type2, option2);                                                                                        \
    WEFT_ARG(bool, inplace) = false;                                                                                 \
  };                                                                                                                 \
  WEFT_ACTIVATION_CLASSES(Name, function)
#include "weft/nn/activations.def"
#undef WEFT_ACTIVATION_CLASSES

struct PReLUOptions {
  PReLUOptions(int64_t num_parameters = 1) : num_parameters_(num_parameters) {}  // NOLINT
  WEFT_ARG(int64_t, num_parameters) = 1;
  WEFT_ARG(double, init) = 0.25;
};

/// PReLU: y = x where x > 0, else weight * x. weight [num_parameters], filled with `init` (0.25): one value for all, or
/// one per channel (dimension 1 of x). Throws ShapeError if the number of channels differs.
class PReLUImpl : public Layer<PReLUImpl> {
 public:
  PReLUImpl(const PReLUOptions& options = {});  // NOLINT
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  PReLUOptions options;
  Tensor weight;
};
WEFT_LAYER(PReLU);

namespace functional {

/// softmax and log_softmax computed in another dtype: F::softmax(x, F::SoftmaxFuncOptions(1)), F::softmax(x, 1,
/// kDouble).
inline Tensor softmax(const Tensor& x, int64_t dim, Dtype dtype) { return x.to(dtype).softmax(dim); }
inline Tensor log_softmax(const Tensor& x, int64_t dim, Dtype dtype) { return x.to(dtype).log_softmax(dim); }
using weft::prelu;

}  // namespace functional
}  // namespace weft::nn
