// Dropout of single elements and of entire channels.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

struct DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT
  WEFT_ARG(double, p) = 0.5;
  WEFT_ARG(bool, inplace) = false;
};
using Dropout2dOptions = DropoutOptions;
using FeatureDropoutOptions = DropoutOptions;

namespace functional {
struct DropoutFuncOptions {
  WEFT_ARG(double, p) = 0.5;
  WEFT_ARG(bool, training) = true;
  WEFT_ARG(bool, inplace) = false;
};
using Dropout2dFuncOptions = DropoutFuncOptions;
using weft::dropout;
using weft::dropout2d;
Tensor dropout(const Tensor& x, const DropoutFuncOptions& options);
Tensor dropout2d(const Tensor& x, const Dropout2dFuncOptions& options);
}  // namespace functional

namespace detail {
/// Dropout of elements or channels; the identity in evaluation. Throws ValueError unless 0 <= p <= 1.
template <class Tag>
class DropoutImpl : public Layer<DropoutImpl<Tag>> {
 public:
  DropoutImpl(const DropoutOptions& options = {});  // NOLINT
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  DropoutOptions options;
};
struct Elements;
struct Channels;
extern template class DropoutImpl<Elements>;
extern template class DropoutImpl<Channels>;
}  // namespace detail

/// In training, zeroes each element with probability p and scales the others by 1 / (1 - p).
using DropoutImpl = detail::DropoutImpl<detail::Elements>;
/// The same for entire channels: x [N, C, ...].
using Dropout2dImpl = detail::DropoutImpl<detail::Channels>;
using FeatureDropoutImpl = Dropout2dImpl;
WEFT_LAYER(Dropout);
WEFT_LAYER(Dropout2d);
using FeatureDropout = Dropout2d;

}  // namespace weft::nn
