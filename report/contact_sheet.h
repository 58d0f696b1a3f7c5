// Contact sheets: many images in one picture.
#pragma once

#include <string>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// Layout of a contact sheet.
struct ContactSheetOptions {
  std::vector<std::string> labels;  ///< one under each image; none if empty
  int64_t columns = 0;              ///< 0: as many as make the sheet about twice as wide as high
  int64_t scale = 2;                ///< pixels of the sheet per pixel of an image
  int64_t gap = 4;                  ///< between images, and around them
};

/// Draws images [N, H, W], [N, 1, H, W] or [N, 3, H, W] in rows on white: uint8 [3, height, width] for data::write_png.
/// Images are uint8, or floating point with 0 to 1 mapped to black to white. Throws ShapeError, DtypeError, or
/// ValueError for options out of range.
Tensor contact_sheet(const Tensor& images, const ContactSheetOptions& options = {});

}  // namespace weft::train
