// What may be given as an image to be shown or written.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::data {

/// uint8 [1, H, W] or [3, H, W] of an image [H, W], [1, H, W] or [3, H, W]: uint8, or floating point, of which 0 to 1
/// becomes black to white and what is outside is clamped. Throws ShapeError or DtypeError in the name of `op`.
Tensor image_bytes(const char* op, const Tensor& image);

}  // namespace weft::data
