// The engine behind Tensor::backward and autograd::backward.
#pragma once

#include <span>

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// Adds the gradients of `outputs` to the leaves they depend on. `grad_outputs` may be shorter than outputs or hold
/// undefined tensors: an output of one element starts from 1. Throws StateError and ShapeError.
void run_backward(std::span<const Tensor> outputs, std::span<const Tensor> grad_outputs, bool retain_graph,
                  bool create_graph);

}  // namespace weft::autograd
