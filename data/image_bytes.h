// Converts tensors to the bytes of an image to show or write.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::data {

/// Converts an image [H, W], [1, H, W] or [3, H, W] to uint8 [1, H, W] or [3, H, W]. uint8 is unchanged; floating-point
/// values in [0, 1] map to black to white, others are clamped. Throws ShapeError or DtypeError with `op`.
Tensor image_bytes(const char* op, const Tensor& image);

}  // namespace weft::data
