// A pickle reader for the files of torch.save. Internal.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "weft/io/bytes.h"
#include "weft/io/elements.h"
#include "weft/io/pytorch.h"

namespace weft::io::detail {

/// The names of Python that are understood. Reading them only selects one of these.
enum class Global : uint8_t {
  OrderedDict,
  Set,
  Encode,
  Size,
  Device,
  Dtype,
  RebuildTensor,
  RebuildTensorV2,
  RebuildParameter,
  RebuildParameterWithState,
  Storage
};

/// The memory of tensors in a file.
struct PickledStorage {
  Element element = Element::Float32;
  std::string key;
  int64_t elements = 0;
  /// A view of another storage, in the format before 1.6: its first element there; -1 if it is none.
  int64_t offset = -1;
};

/// A tensor as a window of a storage.
struct PickledTensor {
  size_t storage = 0;  ///< its number in Pickle::storages
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
  bool requires_grad = false;
};

/// An object of a pickle. Objects refer to each other by number, so that cycles and deep nesting cost nothing.
struct PickleNode {
  enum class Kind : uint8_t { None, Bool, Int, Float, String, Bytes, List, Tuple, Dict, Global, Storage, Tensor, Mark };
  Kind kind = Kind::None;
  int64_t integer = 0;  ///< of Bool and Int; the number of a Storage or Tensor; the Global
  double number = 0;
  std::string text;
  std::vector<uint32_t> items;  ///< of Dict: key, value, key, value ...
  Element element = Element::Float32;
};

/// A pickle that was read.
struct Pickle {
  std::vector<PickleNode> nodes;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  uint32_t root = 0;
};

/// Reads one pickle, of protocol 2 to 5, and leaves `in` behind it. Throws IoError for opcodes and names that are not
/// understood. `legacy`: persistent ids are those of the format before 1.6.
Pickle read_pickle(ByteReader& in, bool legacy);

/// The value of a pickle; `make` gives the tensor for PickledTensor. Throws IoError for cycles and nesting deeper than
/// 100, and if it would take far more memory than the pickle.
PyValue value_of(const Pickle& pickle, const std::string& where,
                 const std::function<Tensor(const PickledTensor&)>& make);

}  // namespace weft::io::detail
