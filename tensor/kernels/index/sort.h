// Sorting along one dimension, without gradients. NaN is greater than all other values.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// {values, int64 indices} in ascending or descending order along dim; equal elements keep their order.
Tensor2 sort(const Tensor& x, int64_t dim, bool descending);
/// {values, int64 indices} of the k largest (or smallest) elements along dim, sorted; among equal ones the first are
/// taken.
Tensor2 topk(const Tensor& x, int64_t k, int64_t dim, bool largest);

}  // namespace weft::kernel
