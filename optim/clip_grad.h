// Limits on gradients before an optimizer's step.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft {
namespace nn::utils {

/// Scales the gradients by max_norm / (norm + 1e-6), as in PyTorch, if the norm of all of them together exceeds
/// max_norm; returns the norm before. norm_type is any p of Tensor::norm: infinity takes the largest element, -infinity
/// the smallest, and 0 counts the gradients, as in libtorch. Parameters without a gradient are skipped. Throws
/// ValueError for a norm_type of NaN or a negative max_norm, and with error_if_nonfinite StateError for a norm that is
/// NaN or infinite; then no gradient changes.
double clip_grad_norm_(const TensorList& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type = 2, bool error_if_nonfinite = false);

/// Clamps each element of the gradients to [-clip_value, clip_value]. Throws ValueError for a negative value.
void clip_grad_value_(const TensorList& parameters, double clip_value);
void clip_grad_value_(const Tensor& parameter, double clip_value);

}  // namespace nn::utils

namespace optim {
using nn::utils::clip_grad_norm_;
using nn::utils::clip_grad_value_;
}  // namespace optim
}  // namespace weft
