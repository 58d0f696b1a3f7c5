// PNG images as tensors, with torchvision's names.
#pragma once

#include <string>
#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft::data {

/// What colours an image is read as.
enum class ImageReadMode {
  kUnchanged,  ///< gray files as gray, others as colours
  kGray,       ///< one channel; colours become their luminance
  kRGB,        ///< three channels
};

/// The image in a PNG file as uint8 [1, H, W] or [3, H, W]. Palettes are looked up, 16 bits become 8, and what is
/// transparent is laid over white. Throws IoError, naming the file, where it cannot be read, is no PNG, truncated,
/// corrupt, or of more than 2^28 pixels.
Tensor read_png(const std::string& path, ImageReadMode mode = ImageReadMode::kUnchanged);
/// The same from the bytes of a file; `name` stands for the file in errors.
Tensor decode_png(std::string_view bytes, const std::string& name, ImageReadMode mode = ImageReadMode::kUnchanged);

/// Writes [H, W] or [1, H, W] as a gray image and [3, H, W] as a coloured one: uint8, or floating point, of which 0 to
/// 1 becomes black to white and what is outside is clamped. The file appears whole or not at all. Throws ShapeError,
/// DtypeError or IoError.
void write_png(const std::string& path, const Tensor& image);
/// The bytes of such a file.
std::string encode_png(const Tensor& image);

}  // namespace weft::data
