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

/// x [*, in_features] to [*, out_features]: x times weight [out, in] transposed, plus bias [out]. Both are uniform
/// within 1 / sqrt(in_features) at first.
class LinearImpl : public Layer<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features) : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  /// Draws new parameters.
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
