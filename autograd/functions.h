// Differentiable functions of several tensors, or whose first argument is not the tensor.
#pragma once

#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft {

/// Joins along an existing dimension; the other sizes must agree, dtypes are promoted.
Tensor cat(const TensorList& tensors, int64_t dim = 0);
/// Joins along a new dimension.
Tensor stack(const TensorList& tensors, int64_t dim = 0);
/// condition ? a : b, elementwise and broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
/// Einstein summation, such as "ij,jk->ik": letters, an optional "...", an optional "->".
Tensor einsum(std::string_view equation, const TensorList& operands);
/// int64 [*, num_classes]; num_classes -1 uses the largest id plus one.
Tensor one_hot(const Tensor& ids, int64_t num_classes = -1);

}  // namespace weft
