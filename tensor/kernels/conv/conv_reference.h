// Plain convolution: the float64 path, and the reference of tests for the fast path. All operands in standard order.
#pragma once

#include "weft/tensor/onednn/onednn.h"

namespace weft::kernel {

using onednn::ConvShape;

/// y [n, o, oh, ow]; bias may be null.
template <class T>
void conv_forward_reference(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y);
/// dx [n, c, h, w]; bias [c], unless null, is added to it.
template <class T>
void conv_input_grad_reference(const ConvShape& s, const T* dy, const T* weight, const T* bias, T* dx);
/// dw [o, c / groups, kh, kw] and db [o]; either may be null.
template <class T>
void conv_weight_grad_reference(const ConvShape& s, const T* dy, const T* x, T* dw, T* db);

}  // namespace weft::kernel
