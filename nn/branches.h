// Modules that feed one input to several paths: Residual, Parallel.
#pragma once

#include "weft/nn/container.h"
#include "weft/nn/options.h"

namespace weft::nn {

/// y = x + body(x). Throws ShapeError unless body(x) has the sizes of x.
class ResidualImpl : public Layer<ResidualImpl> {
 public:
  explicit ResidualImpl(Sequential body);
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  Sequential body;
};
WEFT_LAYER(Residual);

/// Parallel concatenates the results along `dim`, or sums them.
struct ParallelOptions {
  WEFT_ARG(bool, add) = false;
  WEFT_ARG(int64_t, dim) = 1;
};

/// Applies every branch to x and joins the results. Throws ShapeError for results that cannot be joined, and ValueError
/// if there is no branch.
class ParallelImpl : public Layer<ParallelImpl> {
 public:
  explicit ParallelImpl(std::vector<Sequential> branches, const ParallelOptions& options = {});
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  ParallelOptions options;
  std::vector<Sequential> branches;

 private:
  void register_branches();
};
WEFT_LAYER(Parallel);

}  // namespace weft::nn
