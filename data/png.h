// PNG images as tensors, with torchvision's names.
#pragma once

#include <string>
#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft::data {

/// Channels of the result.
enum class ImageReadMode {
  kUnchanged,  ///< one channel for gray files, three for others
  kGray,       ///< one; colours become their luminance, (299 R + 587 G + 114 B) / 1000
  kRGB,        ///< three
};

/// The image in a PNG file as uint8 [1, H, W] or [3, H, W], of any bit depth, colour type and interlacing. Values are
/// used as stored: no gamma correction; gAMA, sRGB, cHRM and iCCP chunks are ignored. 1, 2 and 4 bits are scaled to 0
/// to 255, 16 bits are rounded to 8 (257 v reads as v), palettes are resolved.
///
/// Transparent pixels (alpha channel, tRNS) are composited on white, or on black if the visible pixels, weighted by
/// their opacity, are on average brighter than 127.5: white ink on a transparent ground reads as white on black. A
/// background stored in the file (bKGD) is ignored.
///
/// Throws IoError with the file if it cannot be read, is not a PNG, truncated, corrupt, or has more than 2^28 pixels.
Tensor read_png(const std::string& path, ImageReadMode mode = ImageReadMode::kUnchanged);
/// The same from the bytes of a file; `name` replaces the file in errors.
Tensor decode_png(std::string_view bytes, const std::string& name, ImageReadMode mode = ImageReadMode::kUnchanged);

/// Writes [H, W] or [1, H, W] as a gray image and [3, H, W] as a coloured one. uint8 is unchanged; floating-point
/// values in [0, 1] map to black to white, others are clamped. The file is replaced only when complete. Throws
/// ShapeError, DtypeError or IoError.
void write_png(const std::string& path, const Tensor& image);
/// The bytes of such a file.
std::string encode_png(const Tensor& image);

}  // namespace weft::data
