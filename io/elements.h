// The element types of other programs' files, and tensors made of their bytes. Internal.
#pragma once

#include <string>
#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft::io::detail {

enum class Element : uint8_t {
  Bool,
  UInt8,
  UInt16,
  UInt32,
  Int8,
  Int16,
  Int32,
  Int64,
  Float16,
  BFloat16,
  Float32,
  Float64
};

struct ElementRow {
  Element element;
  const char* name;   ///< as in PyTorch
  int64_t bytes;      ///< per element in a file
  Dtype kept;         ///< the dtype of the tensor read from it
  const char* numpy;  ///< NumPy's letter and size; "" if it has none
  int onnx;           ///< TensorProto.DataType
};

const ElementRow& row_of(Element element);
/// The element that files hold of tensors of this dtype.
Element element_of(Dtype dtype);
/// The row with this NumPy code ("f4") or ONNX number; null if there is none.
const ElementRow* numpy_element(std::string_view code);
const ElementRow* onnx_element(int64_t number);

/// The count of elements of `sizes` and their bytes in a file. Throws IoError, beginning with `where`, for negative
/// sizes and more than memory holds.
struct Extent {
  int64_t elements, bytes;
};
Extent extent_of(Element element, IntArrayRef sizes, const std::string& where);

/// A row-major tensor of these bytes, whose count must be that of extent_of. Elements are converted to the row's `kept`
/// dtype. Throws IoError, beginning with `where`, for a wrong count and for a bool that is neither 0 nor 1.
Tensor tensor_of(Element element, IntArrayRef sizes, std::string_view bytes, bool big_endian, const std::string& where);

}  // namespace weft::io::detail
