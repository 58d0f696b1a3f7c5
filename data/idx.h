// IDX files, the format of MNIST: reads plain and gzipped ones, and writes.
//
// http://yann.lecun.com/exdb/mnist: two zero bytes, the element type (8: unsigned byte), the number of dimensions, each
// dimension as four bytes big-endian, then the elements, last dimension fastest.
#pragma once

#include <string>

#include "weft/tensor/tensor.h"

namespace weft::data {

/// The uint8 array in an IDX file, gzipped or not (detected from its content). Throws IoError with the file, the
/// expected and the actual value for a file that is missing, no IDX file of bytes, truncated, too long, or corrupt, and
/// if the number of dimensions is not `dims` (-1: any).
Tensor read_idx(const std::string& path, int dims = -1);

/// Writes a uint8 tensor as an IDX file, gzipped if the name ends in .gz. The old file stays until the new one is
/// complete. Throws DtypeError, ShapeError, or IoError, also if `path` is not a regular file.
void write_idx(const std::string& path, const Tensor& array);

}  // namespace weft::data
