// Linear: a fully connected layer.
#pragma once

#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

struct LinearOptions {
  LinearOptions(int64_t in_features, int64_t out_features) : in_features_(in_features), out_features_(out_features) {}
  WEFT_ARG(int64_t, in_features);
  WEFT_ARG(int64_t, out_features);
  WEFT_ARG(bool, bias) = true;
};

/// y = x weight^T + bias: x [*, in_features] -> [*, out_features]; weight [out_features, in_features], bias
/// [out_features]. Both are initialised uniformly within 1 / sqrt(in_features). Throws ShapeError if the last dimension
/// of x is another.
class LinearImpl : public Layer<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features) : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  /// Draws new initial values.
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  LinearOptions options;
  Tensor weight, bias;
};
WEFT_LAYER(Linear);

namespace functional {
using weft::linear;
}

}  // namespace weft::nn
