// Evaluates a classifier on a data set.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/module_holder.h"
#include "weft/train/metrics.h"
#include "weft/train/mistakes.h"

namespace weft::train {

/// Interpretation of a model's scores.
struct Scoring {
  /// The mean loss of a batch; by default the cross entropy of logits.
  std::function<Tensor(const Tensor& scores, const Tensor& target)> loss = {};
  /// Defaults to the softmax of logits.
  Probabilities probabilities = {};
};

/// Computes an Evaluation batch by batch.
class Evaluator {
 public:
  explicit Evaluator(Scoring scoring = {});
  /// Like Metrics::add; also keeps the images ([N, H, W] or [N, C, H, W] with one or three channels) of the most
  /// confident mistakes.
  void add(const Tensor& data, const Tensor& scores, const Tensor& target);
  const Metrics& metrics() const { return metrics_; }
  const std::vector<Mistake>& mistakes() const { return worst_.mistakes(); }
  /// Throws StateError if nothing was added.
  Evaluation evaluation() const;

 private:
  Scoring scoring_;
  Metrics metrics_;
  WorstMistakes worst_;
};

/// Sets a module and its submodules to eval mode during its lifetime; then restores the mode of each.
class EvalMode {
 public:
  explicit EvalMode(nn::Module& module);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;

 private:
  std::vector<std::pair<nn::Module*, bool>> before_;
};

namespace detail {

/// The module that `net` is or holds; null for a function.
template <class Net>
nn::Module* module_of(Net& net) {
  if constexpr (std::is_base_of_v<nn::Module, Net>)
    return &net;
  else if constexpr (requires { static_cast<nn::Module*>(net.get()); })
    return net.get();
  else if constexpr (std::is_pointer_v<std::remove_const_t<Net>> && requires { static_cast<nn::Module*>(net); })
    return net;
  else
    return nullptr;
}

template <class Net>
Tensor scores_of(Net& net, const Tensor& data) {
  if constexpr (std::is_base_of_v<nn::Module, Net>)
    return nn::detail::call(net, data);
  else if constexpr (requires { Tensor(net(data)); })
    return net(data);
  else if constexpr (requires { nn::detail::call(*net, data); })
    return nn::detail::call(*net, data);
  else
    static_assert(std::is_same_v<Net, void>, "evaluate() takes a model whose forward takes one tensor, or a function");
}

/// Calls add(data, scores, target) for each batch of a loader, or of a pointer to one.
template <class Net, class Loader, class Add>
void each_batch(Net& net, Loader& loader, Add&& add) {
  if constexpr (!requires { loader.begin(); })
    each_batch(net, *loader, std::forward<Add>(add));
  else if constexpr (!requires {
                       requires std::is_same_v<std::remove_cvref_t<decltype(loader.begin()->data)>, Tensor>;
                     })
    static_assert(std::is_same_v<Loader, void>,
                  "the loader gives lists of samples: add .map(data::transforms::Stack<>()) to its data set");
  else {
    NoGradGuard no_grad;
    nn::Module* module = module_of(net);
    const std::optional<EvalMode> mode = module ? std::optional<EvalMode>(std::in_place, *module) : std::nullopt;
    for (auto& batch : loader) add(batch.data, scores_of(net, batch.data), batch.target);
  }
}

}  // namespace detail

/// Loss and counts of `net` on every batch of `loader`, without recording gradients. `net` is a module, a holder or
/// pointer of one, set to eval mode meanwhile, or a function of the batch's data; `loader` may be a pointer too.
template <class Net, class Loader>
Metrics measure(Net&& net, Loader&& loader) {
  Metrics metrics;
  detail::each_batch(net, loader,
                     [&](const Tensor&, const Tensor& scores, const Tensor& target) { metrics.add(scores, target); });
  return metrics;
}

/// The same with the mistakes on images: `train::evaluate(net, *loader)`. Throws StateError for an empty set.
template <class Net, class Loader>
Evaluation evaluate(Net&& net, Loader&& loader, const Scoring& scoring = {}) {
  Evaluator evaluator(scoring);
  detail::each_batch(net, loader, [&](const Tensor& data, const Tensor& scores, const Tensor& target) {
    evaluator.add(data, scores, target);
  });
  return evaluator.evaluation();
}

}  // namespace weft::train
