// The gradient of a fused op where gradients are themselves recorded.
#pragma once

#include "weft/autograd/autograd.h"
#include "weft/autograd/record.h"

namespace weft::autograd {

/// Sets the gradients of `inputs` as those of compose(inputs), the op in differentiable ops (a TensorList of its
/// outputs), which it records anew: they are differentiable. For the rule of a fused op:
///
///     if (GradMode::is_enabled()) return composed_gradients(g, grads, {x, weight}, [](const TensorList& in) { ... });
template <class Compose>
void composed_gradients(std::span<const Tensor> g, Grads& grads, TensorList inputs, const Compose& compose) {
  // The gradients stop at aliases, even where one input was computed from another.
  TensorList asked;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (grads.needs(i)) asked.push_back(inputs[i] = inputs[i].view_as(inputs[i]));
  const TensorList all = compose(inputs);
  TensorList outs, given;
  for (size_t k = 0; k < all.size(); ++k)
    if (g[k].defined() && tracks(all[k])) outs.push_back(all[k]), given.push_back(g[k]);
  if (outs.empty() || asked.empty()) return;
  const TensorList found = grad(outs, asked, given, true, true, true);
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (grads.needs(i)) grads[i] = found[next++];
}

}  // namespace weft::autograd
