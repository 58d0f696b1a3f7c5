// Anomaly mode: records the call sites of ops and finds the first gradient with a NaN.
#pragma once

#include <span>
#include <string>

#include "weft/autograd/autograd.h"

namespace weft::autograd {

/// The user's call stack up to here, without weft's own frames, innermost first.
std::string where_called();
/// Throws StateError if a gradient computed by `node` contains a NaN.
void check_gradients(const Node& node, std::span<const Tensor> gradients);

}  // namespace weft::autograd
