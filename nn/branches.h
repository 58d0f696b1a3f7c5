// Modules whose input takes several ways: Residual, Parallel.
#pragma once

#include "weft/nn/container.h"
#include "weft/nn/options.h"

namespace weft::nn {

/// x plus what `body` makes of it, which must have the sizes of x (ShapeError).
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

/// How Parallel joins the results: concatenated along `dim`, or added up.
struct ParallelOptions {
  WEFT_ARG(bool, add) = false;
  WEFT_ARG(int64_t, dim) = 1;
};

/// Gives x to every branch and joins what they make of it. Throws ShapeError for results that cannot be joined, and
/// ValueError when there is no branch.
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
