// Named tensors in files of any format that weft knows.
#pragma once

#include <string>
#include <vector>

#include "weft/tensor/named_tensors.h"

namespace weft::io {

/// The tensors of a file: safetensors, a file of torch.save (by path, as load_state_dict), .npz, .npy (as "tensor"), or
/// the weights of an ONNX model. The format is recognised from the content. Throws the errors of its reader, and
/// IoError for another format.
StateDict load_tensors(const std::string& path);

/// Writes tensors in the format of the extension: .safetensors (with the metadata), .pt, .pth or .bin (as torch.save),
/// .npz, or .npy for one tensor. Throws ValueError for another extension, and for .npy with other than one tensor.
void save_tensors(const StateDict& state, const std::string& path);

}  // namespace weft::io
