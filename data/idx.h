// IDX files, the format of MNIST: reading, plain or gzipped, and writing.
//
// http://yann.lecun.com/exdb/mnist: two zero bytes, the element type (8: unsigned byte), the number of dimensions, each
// dimension as four bytes big-endian, then the elements, last dimension fastest.
#pragma once

#include <string>

#include "weft/tensor/tensor.h"

namespace weft::data {

/// The uint8 array in an IDX file, gzipped or not (seen from its content). Throws IoError, naming the file, what was
/// expected and what was found, for a file that is missing, no IDX file of bytes, truncated, too long, or corrupt, and
/// when the number of dimensions is not `dims`, where given.
Tensor read_idx(const std::string& path, int dims = -1);

/// Writes a uint8 tensor as an IDX file, gzipped where the name ends in .gz: whole or not at all, the old file stays
/// until the new one is complete. Throws DtypeError, ShapeError, or IoError, also for what is there and no regular
/// file.
void write_idx(const std::string& path, const Tensor& array);

}  // namespace weft::data
