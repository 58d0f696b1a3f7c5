// NotFinite: detects a loss or weights that are not finite, and the module where they began.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weft/nn/module.h"

namespace weft::train {

/// Thrown by train::Run if a loss or a weight is NaN or infinite. Programs end with exit code 3.
struct NotFinite : Error {
  using Error::Error;
};

/// Runs `forward` without recording gradients and returns a phrase that names the first module of `model`, in order of
/// execution, whose output is not finite: "the output of fc1 (Linear) is the first that is not finite". It adds if the
/// input or a weight of that module is already not finite. Empty if every output is finite.
std::string first_not_finite(nn::Module& model, const std::function<void()>& forward);

/// The name of the first parameter or buffer that contains NaN or infinity; nullopt if all are finite.
std::optional<std::string> weights_not_finite(const nn::Module& model);

/// Monitors the training steps of a model and keeps the inputs of its last forward. If the gradient of the model's
/// output is not finite, it finds the cause at once, before the optimizer changes the weights.
class FiniteWatch {
 public:
  explicit FiniteWatch(nn::Module& model);
  ~FiniteWatch();
  FiniteWatch(const FiniteWatch&) = delete;
  FiniteWatch& operator=(const FiniteWatch&) = delete;
  /// The reason why the current step's loss is not finite, as returned by first_not_finite.
  std::string reason() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the hooks, which copies of the model keep
  nn::HookHandle hook_;
};

}  // namespace weft::train
