#include "weft/io/elements.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "weft/tensor/creation.h"

namespace weft::io::detail {
namespace {

// In the order of Element.
constexpr std::array kRows{
    ElementRow{Element::Bool, "bool", 1, kBool, "b1", 9},
    ElementRow{Element::UInt8, "uint8", 1, kUInt8, "u1", 2},
    ElementRow{Element::UInt16, "uint16", 2, kInt32, "u2", 4},
    ElementRow{Element::UInt32, "uint32", 4, kInt64, "u4", 12},
    ElementRow{Element::Int8, "int8", 1, kInt8, "i1", 3},
    ElementRow{Element::Int16, "int16", 2, kInt16, "i2", 5},
    ElementRow{Element::Int32, "int32", 4, kInt32, "i4", 6},
    ElementRow{Element::Int64, "int64", 8, kInt64, "i8", 7},
    ElementRow{Element::Float16, "float16", 2, kFloat16, "f2", 10},
    ElementRow{Element::BFloat16, "bfloat16", 2, kBFloat16, "", 16},
    ElementRow{Element::Float32, "float32", 4, kFloat32, "f4", 1},
    ElementRow{Element::Float64, "float64", 8, kFloat64, "f8", 11},
};

template <class T>
T swapped(T value) {
  auto* p = reinterpret_cast<unsigned char*>(&value);
  std::reverse(p, p + sizeof value);
  return value;
}

/// Writes convert(element) for each element of type From.
template <class From, class To, class F>
void convert(std::string_view bytes, bool big_endian, To* to, F f) {
  for (size_t i = 0; i < bytes.size() / sizeof(From); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    to[i] = static_cast<To>(f(big_endian ? swapped(value) : value));
  }
}

template <class From, class To>
void convert(std::string_view bytes, bool big_endian, Tensor& to) {
  convert<From>(bytes, big_endian, to.data_ptr<To>(), [](From v) { return v; });
}

}  // namespace

const ElementRow& row_of(Element element) { return kRows[static_cast<size_t>(element)]; }

Element element_of(Dtype dtype) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [&](const ElementRow& r) { return r.kept == dtype && r.bytes == item_size(dtype); });
  check<DtypeError>(row != kRows.end(), "[io] tensors of dtype {} cannot be written", dtype);
  return row->element;
}

const ElementRow* numpy_element(std::string_view code) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const ElementRow& r) { return code == r.numpy; });
  return row == kRows.end() || code.empty() ? nullptr : row;
}

const ElementRow* onnx_element(int64_t number) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const ElementRow& r) { return number == r.onnx; });
  return row == kRows.end() ? nullptr : row;
}

Extent extent_of(Element element, IntArrayRef sizes, const std::string& where) {
  int64_t elements = 1, with_zeros_as_one = 1, bytes = 0;
  bool fits = true;
  for (int64_t size : sizes) {
    check<IoError>(size >= 0, "{}: has the negative size {}", where, size);
    fits = fits && !__builtin_mul_overflow(with_zeros_as_one, std::max<int64_t>(size, 1), &with_zeros_as_one);
    elements = size == 0 ? 0 : elements;
  }
  fits = fits && with_zeros_as_one <= kMaxElements &&
         !__builtin_mul_overflow(with_zeros_as_one, row_of(element).bytes, &bytes);
  check<IoError>(fits, "{}: has the sizes {}, more than memory holds", where, sizes);
  return elements == 0 ? Extent{0, 0} : Extent{with_zeros_as_one, bytes};
}

Tensor tensor_of(Element element, IntArrayRef sizes, std::string_view bytes, bool big_endian,
                 const std::string& where) {
  const ElementRow& row = row_of(element);
  const Extent extent = extent_of(element, sizes, where);
  check<IoError>(static_cast<uint64_t>(extent.bytes) == bytes.size(), "{}: holds {} bytes, expected {} for {} {}",
                 where, bytes.size(), extent.bytes, row.name, sizes);
  Tensor out = empty(sizes, row.kept);
  switch (element) {
    case Element::Bool: {
      const auto bad = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c != 0 && c != 1; });
      check<IoError>(bad == bytes.end(), "{}: a bool is byte {}, expected 0 or 1", where,
                     bad == bytes.end() ? 0 : static_cast<int>(static_cast<unsigned char>(*bad)));
      std::copy(bytes.begin(), bytes.end(), static_cast<char*>(out.data_ptr()));
      break;
    }
    case Element::UInt16:
      convert<uint16_t, int32_t>(bytes, big_endian, out);
      break;
    case Element::UInt32:
      convert<uint32_t, int64_t>(bytes, big_endian, out);
      break;
    default:
      std::copy(bytes.begin(), bytes.end(), static_cast<char*>(out.data_ptr()));
      if (big_endian && row.bytes == 2)
        convert<uint16_t>(bytes, true, static_cast<uint16_t*>(out.data_ptr()), [](uint16_t v) { return v; });
      if (big_endian && row.bytes == 4)
        convert<uint32_t>(bytes, true, static_cast<uint32_t*>(out.data_ptr()), [](uint32_t v) { return v; });
      if (big_endian && row.bytes == 8)
        convert<uint64_t>(bytes, true, static_cast<uint64_t*>(out.data_ptr()), [](uint64_t v) { return v; });
  }
  return out;
}

}  // namespace weft::io::detail
