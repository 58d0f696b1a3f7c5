// The safetensors format: named tensors in one file that Python reads too.
#pragma once

#include "weft/tensor/named_tensors.h"

namespace weft {

/// Writes a file of 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}} with the
/// metadata under "__metadata__", and the tensors' bytes without gaps (https://github.com/huggingface/safetensors). All
/// six dtypes; a tensor of any strides is written in row-major order. The header lists the tensors in the given order;
/// their bytes are sorted by item size, largest first, so that each tensor is aligned to its items.
///
/// Written to a temporary file that replaces `path` when it is complete (AtomicFile). Throws IoError with the file;
/// ValueError for a name that is duplicate, "__metadata__" or not UTF-8; StateError for an undefined tensor.
void save_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata = {});

/// Reads such a file, in the order of its header; each tensor owns its memory. Checks everything before it allocates:
/// length and form of the header (at most 100 MB), dtypes, shapes, and that the tensors' ranges cover the rest of the
/// file without gap or overlap. Throws IoError with the file, the expected and the actual value.
StateDict load_safetensors(const std::string& path);

}  // namespace weft
