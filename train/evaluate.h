// How good a classifier is on a data set.
#pragma once

#include <functional>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/tensor.h"
#include "weft/train/metrics.h"

namespace weft::train {

/// Runs `forward` over every batch of `loader` without recording gradients. The model should be in eval mode.
template <class Loader>
Metrics measure(const std::function<Tensor(const Tensor&)>& forward, Loader& loader) {
  NoGradGuard no_grad;
  Metrics metrics;
  for (auto& batch : loader) metrics.add(forward(batch.data), batch.target);
  return metrics;
}

/// Its loss and accuracy. Throws StateError for an empty set.
template <class Loader>
Evaluation evaluate(const std::function<Tensor(const Tensor&)>& forward, Loader& loader) {
  return measure(forward, loader).evaluation();
}

}  // namespace weft::train
