// The node at a leaf, and how gradients are added up.
#pragma once

#include "weft/autograd/node.h"

namespace weft::autograd {

/// Stands for a leaf in the graph: what arrives is added to the leaf's grad().
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

/// a + b, written over a where nobody else can see a's memory.
Tensor add_gradients(Tensor a, const Tensor& b);

/// The gradient in the sizes and dtype of the output it belongs to: sums what broadcasting repeated. Throws ShapeError
/// naming `op` when it cannot belong there.
Tensor fit_gradient(const Node& from, Tensor gradient, const OutputMeta& meta);

}  // namespace weft::autograd
