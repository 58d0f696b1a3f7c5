// Checks gradients against central differences.
#pragma once

#include <functional>

#include "weft/tensor/tensor.h"

namespace weft::autograd {

using DifferentiableFn = std::function<TensorList(const TensorList&)>;

/// Compares the gradients of fn at `inputs` (float64; those that require a gradient are checked) with central
/// differences of step eps. Returns true, or throws Error with input, element, analytic and numeric value at the first
/// |analytic - numeric| > atol + rtol |numeric|. Throws DtypeError for inputs that are not float64.
bool gradcheck(const DifferentiableFn& fn, const TensorList& inputs, double eps = 1e-6, double atol = 1e-5,
               double rtol = 1e-3);
bool gradcheck(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs, double eps = 1e-6,
               double atol = 1e-5, double rtol = 1e-3);

/// The same for second derivatives: gradcheck of the gradients, with random fixed gradients of the outputs.
bool gradgradcheck(const DifferentiableFn& fn, const TensorList& inputs, double eps = 1e-6, double atol = 1e-5,
                   double rtol = 1e-3);
bool gradgradcheck(const std::function<Tensor(const TensorList&)>& fn, const TensorList& inputs, double eps = 1e-6,
                   double atol = 1e-5, double rtol = 1e-3);

}  // namespace weft::autograd
