// How good a classifier is on a data set.
#pragma once

#include <functional>

#include "weft/autograd/grad_mode.h"
#include "weft/train/metrics.h"
#include "weft/train/mistakes.h"

namespace weft::train {

/// What a model's scores mean.
struct Scoring {
  /// The mean loss of a batch; the cross entropy of logits where empty.
  std::function<Tensor(const Tensor& scores, const Tensor& target)> loss = {};
  /// The softmax of logits where empty.
  Probabilities probabilities = {};
};

/// Gathers an Evaluation batch by batch.
class Evaluator {
 public:
  explicit Evaluator(Scoring scoring = {});
  /// As Metrics::add; images ([N, H, W] or [N, C, H, W] of one or three channels) are kept where the model was surely
  /// wrong.
  void add(const Tensor& data, const Tensor& scores, const Tensor& target);
  const Metrics& metrics() const { return metrics_; }
  const std::vector<Mistake>& mistakes() const { return worst_.mistakes(); }
  /// Throws StateError when nothing was added.
  Evaluation evaluation() const;

 private:
  Scoring scoring_;
  Metrics metrics_;
  WorstMistakes worst_;
};

/// Runs `forward` over every batch of `loader` without recording gradients. The model should be in eval mode.
template <class Loader>
Metrics measure(const std::function<Tensor(const Tensor&)>& forward, Loader& loader) {
  NoGradGuard no_grad;
  Metrics metrics;
  for (auto& batch : loader) metrics.add(forward(batch.data), batch.target);
  return metrics;
}

/// The same with the mistakes on images. Throws StateError for an empty set.
template <class Loader>
Evaluation evaluate(const std::function<Tensor(const Tensor&)>& forward, Loader& loader, const Scoring& scoring = {}) {
  NoGradGuard no_grad;
  Evaluator evaluator(scoring);
  for (auto& batch : loader) evaluator.add(batch.data, forward(batch.data), batch.target);
  return evaluator.evaluation();
}

}  // namespace weft::train
