// Gradients: backward and grad of several tensors, anomaly mode. Tensor::backward is declared with the handle.
#pragma once

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/node.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Adds the gradients of the sum of `outputs` (each weighted by its grad_output; undefined counts as 1 for one element)
/// to grad() of the leaves. Throws StateError if an output has no graph or the graph was freed by an earlier backward
/// without retain_graph, DtypeError if a grad_output is not floating point.
void backward(const TensorList& outputs, const TensorList& grad_outputs = {}, std::optional<bool> retain_graph = {},
              bool create_graph = false);
/// The same for the grad() of `inputs` alone. Throws ValueError if the list is empty.
void backward(const TensorList& outputs, const TensorList& grad_outputs, std::optional<bool> retain_graph,
              bool create_graph, const TensorList& inputs);

/// Returns the gradients of `outputs` with respect to `inputs`; no grad() changes. `inputs` must not be empty. With
/// create_graph the result is differentiable. An input outside the graph throws StateError, or gives an undefined
/// tensor with allow_unused.
TensorList grad(const TensorList& outputs, const TensorList& inputs, const TensorList& grad_outputs = {},
                std::optional<bool> retain_graph = {}, bool create_graph = false, bool allow_unused = false);

/// Anomaly mode: every op stores the call stack of its forward, and backward throws StateError with the op and its call
/// stack at the first gradient that contains a NaN. Slow; use it to find the cause of a NaN.
struct AnomalyMode {
  static bool is_enabled();
  static void set_enabled(bool on);
};
/// Enables anomaly mode during its lifetime.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool on = true) : saved_(AnomalyMode::is_enabled()) { AnomalyMode::set_enabled(on); }
  ~DetectAnomalyGuard() { AnomalyMode::set_enabled(saved_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;

 private:
  bool saved_;
};

}  // namespace weft::autograd
