// Gradients: grad, hooks into the engine, anomaly mode. Tensor::backward is declared with the handle.
#pragma once

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/node.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Adds the gradients of the sum of `outputs` (each weighted by its grad_output; undefined counts as 1 for one element)
/// to grad() of the leaves. Throws StateError when an output has no graph or the graph was freed by an earlier backward
/// without retain_graph, DtypeError when a grad_output is not floating point.
void backward(const TensorList& outputs, const TensorList& grad_outputs = {}, std::optional<bool> retain_graph = {},
              bool create_graph = false);
/// The same for the grad() of `inputs` alone. Throws ValueError when the list is empty.
void backward(const TensorList& outputs, const TensorList& grad_outputs, std::optional<bool> retain_graph,
              bool create_graph, const TensorList& inputs);

/// The gradients of `outputs` with respect to `inputs`, returned; no grad() changes. `inputs` must not be empty.
/// create_graph makes the result differentiable itself. An input that is no part of the graph throws StateError, or
/// gives an undefined tensor with allow_unused.
TensorList grad(const TensorList& outputs, const TensorList& inputs, const TensorList& grad_outputs = {},
                std::optional<bool> retain_graph = {}, bool create_graph = false, bool allow_unused = false);

/// Anomaly mode: every op remembers where its forward ran, and backward throws StateError naming the op, and that
/// place, whose gradient is the first to hold a NaN. Slow; for looking for the cause of a NaN.
struct AnomalyMode {
  static bool is_enabled();
  static void set_enabled(bool on);
};
/// Anomaly mode for as long as it lives.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool on = true) : saved_(AnomalyMode::is_enabled()) { AnomalyMode::set_enabled(on); }
  ~DetectAnomalyGuard() { AnomalyMode::set_enabled(saved_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;

 private:
  bool saved_;
};

}  // namespace weft::autograd
