// Where ops were called, and which gradient first holds a NaN.
#pragma once

#include <span>
#include <string>

#include "weft/autograd/autograd.h"

namespace weft::autograd {

/// The calls that led here, outside of weft's own, innermost first.
std::string where_called();
/// Throws StateError when a gradient that `node` made holds a NaN.
void check_gradients(const Node& node, std::span<const Tensor> gradients);

}  // namespace weft::autograd
