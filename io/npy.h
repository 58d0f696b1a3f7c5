// NumPy's files: .npy holds one array, .npz several by name.
#pragma once

#include "weft/tensor/named_tensors.h"

namespace weft::io {

/// The array of a .npy file (format versions 1 to 3) in C or Fortran order and of either byte order. bool, uint8,
/// int32, int64, float32 and float64 keep their dtype; int8, int16 and uint16 become int32, uint32 int64, float16
/// float32. The result is row-major. Throws IoError with the file for other dtypes (named), for a truncated file, and
/// for one that holds more bytes than its header says; nothing is allocated before sizes and bytes agree.
Tensor load_npy(const std::string& path);
/// Writes one (version 1, C order, little-endian). The file is replaced when complete (AtomicFile).
void save_npy(const Tensor& tensor, const std::string& path);

/// The arrays of a .npz archive, stored or deflated, in its order; names without ".npy". Throws IoError as load_npy,
/// and for archives with duplicate names, overlapping entries, names that lead out of the archive, or wrong checksums.
NamedTensors load_npz(const std::string& path);
/// Writes an archive as numpy.savez, or with `compress` as numpy.savez_compressed. Throws ValueError for a duplicate
/// name.
void save_npz(const NamedTensors& tensors, const std::string& path, bool compress = false);

}  // namespace weft::io
