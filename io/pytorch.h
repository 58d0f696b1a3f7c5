// PyTorch's files: reads files of torch.save without Python and without executing anything, and writes state dicts that
// torch.load reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/tensor/named_tensors.h"

namespace weft::io {

/// A value of a Python program, as passed to torch.save.
struct PyValue {
  enum class Kind : uint8_t { None, Bool, Int, Float, String, Bytes, List, Tuple, Dict, Tensor };
  Kind kind = Kind::None;
  int64_t integer = 0;         ///< of Bool (0 or 1) and Int
  double number = 0;           ///< of Float
  std::string text;            ///< of String and Bytes
  std::vector<PyValue> items;  ///< of List and Tuple; of Dict: the values
  std::vector<PyValue> keys;   ///< of Dict, in insertion order: strings, numbers or tuples
  weft::Tensor tensor;         ///< of Tensor

  /// The value of a Dict under this string. Throws StateError if it is no Dict or has no such key.
  const PyValue& at(std::string_view key) const;
  /// The same, or null.
  const PyValue* find(std::string_view key) const;
  /// "dict", "list", "tensor" ...
  const char* kind_name() const;
};

/// The value in a file of torch.save: the zip archive of PyTorch 1.6 and later, or the format before it. A pickle can
/// name any function of Python; here only what tensors and plain values need is understood: dict, OrderedDict, list,
/// tuple, set (as a list), str, bytes, int, float, bool, None, torch.Size, tensors, parameters (with requires_grad) and
/// the storages of torch. Nothing is executed. Views share memory as in the file.
///
/// Storages keep their dtype as load_npy says; bfloat16 becomes float32. Throws IoError with the file for any other
/// name of Python ("os.system"), an opcode that is not needed, sizes, strides and offsets that leave their storage, a
/// truncated file, and the limits of an archive (load_npz). Nothing is allocated before sizes and bytes agree.
PyValue load_pytorch(const std::string& path);

/// The tensors of any nesting of a value by path ("model.fc.weight", "history.0"), and its numbers and texts as
/// metadata.
StateDict flatten(const PyValue& value);

/// The tensors of such a file by path; with `part` ("model") only those below it, without its name. Throws the errors
/// of load_pytorch, and StateError if there is no such part.
StateDict load_state_dict(const std::string& path, std::string_view part = {});

/// Writes tensors as torch.save writes a state dict: an OrderedDict of dense tensors in a zip archive, which
/// torch.load(path, weights_only=True) reads. Tensors that share memory share it in the file. Throws ValueError for a
/// duplicate name, StateError for an undefined tensor, and IoError; the file is replaced when complete.
void save_state_dict(const NamedTensors& tensors, const std::string& path);

}  // namespace weft::io
