// How good a classifier is on a data set.
#pragma once

#include <functional>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/tensor.h"

namespace weft::train {

struct Evaluation {
  double loss = 0;      ///< mean cross entropy
  double accuracy = 0;  ///< share of right answers, 0 to 1
};

/// Adds up over the batches of a set.
class Evaluator {
 public:
  /// logits [N, classes], target int64 [N].
  void add(const Tensor& logits, const Tensor& target);
  /// Throws StateError when nothing was added.
  Evaluation result() const;

 private:
  double loss_ = 0;
  int64_t right_ = 0, count_ = 0;
};

/// Runs `forward` over every batch of `loader` without recording gradients. The model should be in eval mode.
template <class Loader>
Evaluation evaluate(const std::function<Tensor(const Tensor&)>& forward, Loader& loader) {
  NoGradGuard no_grad;
  Evaluator evaluator;
  for (auto& batch : loader) evaluator.add(forward(batch.data), batch.target);
  return evaluator.result();
}

}  // namespace weft::train
