#include "weft/data/image_bytes.h"

namespace weft::data {

Tensor image_bytes(const char* op, const Tensor& image) {
  const bool plain = image.dim() == 2;
  check<ShapeError>((plain || (image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3))) && image.numel() > 0,
                    "[{}] an image is [H, W], [1, H, W] or [3, H, W], not {}", op, image.sizes());
  check<DtypeError>(image.dtype() == kUInt8 || image.is_floating_point(),
                    "[{}] an image is uint8 or floating point, not {}", op, image.dtype());
  Tensor bytes = image.detach();
  if (bytes.dtype() != kUInt8) bytes = bytes.mul(255).clamp(0, 255).round().to(kUInt8);
  return plain ? bytes.unsqueeze(0) : bytes;
}

}  // namespace weft::data
