// The node of a leaf, and the addition of gradients.
#pragma once

#include "weft/autograd/node.h"

namespace weft::autograd {

/// The node of a leaf: adds incoming gradients to the leaf's grad().
class AccumulateNode final : public Node {
 public:
  explicit AccumulateNode(Tensor leaf);
  ~AccumulateNode() override;
  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override;
  void release() override {}
  const Tensor& leaf() const { return leaf_; }

 private:
  Tensor leaf_;
};

/// a + b, written over a if nobody else can see a's memory.
Tensor add_gradients(Tensor a, const Tensor& b);

/// Converts a gradient to the sizes and dtype of its output: sums over broadcast dimensions. Throws ShapeError with
/// `op` if it does not fit.
Tensor fit_gradient(const Node& from, Tensor gradient, const OutputMeta& meta);

}  // namespace weft::autograd
