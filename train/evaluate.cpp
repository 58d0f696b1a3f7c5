#include "weft/train/evaluate.h"

#include "weft/autograd/nn_ops.h"

namespace weft::train {

void Evaluator::add(const Tensor& logits, const Tensor& target) {
  NoGradGuard no_grad;
  loss_ += cross_entropy(logits, target, {}, Reduction::Sum).item<double>();
  right_ += logits.argmax(1).eq(target).sum().item<int64_t>();
  count_ += target.numel();
}

Evaluation Evaluator::result() const {
  check<StateError>(count_ > 0, "[evaluate] the data set is empty");
  return {loss_ / static_cast<double>(count_), static_cast<double>(right_) / static_cast<double>(count_)};
}

}  // namespace weft::train
