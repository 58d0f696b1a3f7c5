// Reductions without gradients: over any set of dimensions, along one dimension, over everything.
#pragma once

#include <limits>

#include "weft/tensor/shape.h"
#include "weft/tensor/tensor.h"

namespace weft::kernel {

enum class Reduce : uint8_t { Sum, Mean, Norm2, SumAbs, CountNonzero, Prod, Max, Min, MaxAbs, MinAbs, Any, All };

/// x, in any memory order, reduced over the dimensions of mask. Sum and Prod of integers and CountNonzero give int64,
/// Any and All bool, the others x's dtype; Mean, Norm2, SumAbs, MaxAbs and MinAbs require floating point (DtypeError).
/// Extremes over no elements throw ShapeError.
Tensor reduce(Reduce op, const Tensor& x, const DimMask& mask, bool keepdim = false);

/// (Sum of |x|^p)^(1/p) over the dimensions of mask; floating point only.
Tensor power_norm(const Tensor& x, double p, const DimMask& mask, bool keepdim = false);

/// Variance, or its root, over the dimensions of mask: the squared deviations divided by (their number - correction).
Tensor variance(const Tensor& x, const DimMask& mask, double correction, bool keepdim, bool root);

/// The gradient of a tensor broadcast from `sizes`: sums x over the dimensions that were repeated or added. Returns x
/// itself if the sizes agree. Throws ShapeError if `sizes` does not broadcast to x's.
Tensor sum_to(const Tensor& x, IntArrayRef sizes);

/// {values, int64 indices of the first} of the maximal (or minimal) elements along dim; NaN counts as both.
Tensor2 extreme_along(const Tensor& x, int64_t dim, bool keepdim, bool greatest);
/// The int64 position of the first maximal (or minimal) element of the flattened tensor.
Tensor arg_extreme(const Tensor& x, bool greatest);

/// Running sum along dim; integers give int64.
Tensor cumsum(const Tensor& x, int64_t dim);

/// Same sizes and elements; dtypes must agree.
bool equal(const Tensor& a, const Tensor& b);
/// int64 [max(minlength, largest + 1)]: the number of occurrences of each integer in x (one dimension, non-negative
/// integers).
Tensor bincount(const Tensor& x, int64_t minlength);

}  // namespace weft::kernel
