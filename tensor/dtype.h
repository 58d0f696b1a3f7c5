// Element types, their names and promotion.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <type_traits>

namespace weft {

/// Element type of a tensor. The order is that of promotion within PyTorch's categories: bool < integers < floats.
enum class Dtype : uint8_t { Bool, UInt8, Int32, Int64, Float32, Float64 };
using ScalarType = Dtype;

inline constexpr Dtype kBool = Dtype::Bool;
inline constexpr Dtype kUInt8 = Dtype::UInt8, kByte = kUInt8;
inline constexpr Dtype kInt32 = Dtype::Int32, kInt = kInt32;
inline constexpr Dtype kInt64 = Dtype::Int64, kLong = kInt64;
inline constexpr Dtype kFloat32 = Dtype::Float32, kFloat = kFloat32;
inline constexpr Dtype kFloat64 = Dtype::Float64, kDouble = kFloat64;

/// Bytes per element.
constexpr int64_t item_size(Dtype d) {
  constexpr int64_t bytes[] = {1, 1, 4, 8, 4, 8};
  return bytes[static_cast<int>(d)];
}
constexpr bool is_floating_point(Dtype d) { return d >= Dtype::Float32; }

/// PyTorch's name without "torch.": "float32".
const char* name(Dtype d);
std::ostream& operator<<(std::ostream& out, Dtype d);

/// The dtype of a result of two tensors that both have dimensions, by PyTorch's table.
constexpr Dtype promote_types(Dtype a, Dtype b) { return a > b ? a : b; }

/// Throws DtypeError unless tensors of this dtype can have gradients.
void check_can_require_grad(Dtype d);

/// float32 unless set_default_dtype was called.
Dtype default_dtype();
/// Sets the dtype of new floating-point tensors without an explicit dtype. Throws DtypeError unless floating point.
void set_default_dtype(Dtype d);

template <class T>
struct dtype_of_t;
template <>
struct dtype_of_t<bool> {
  static constexpr Dtype value = kBool;
};
template <>
struct dtype_of_t<uint8_t> {
  static constexpr Dtype value = kUInt8;
};
template <>
struct dtype_of_t<int32_t> {
  static constexpr Dtype value = kInt32;
};
template <>
struct dtype_of_t<int64_t> {
  static constexpr Dtype value = kInt64;
};
template <>
struct dtype_of_t<float> {
  static constexpr Dtype value = kFloat32;
};
template <>
struct dtype_of_t<double> {
  static constexpr Dtype value = kFloat64;
};
/// The dtype that stores T.
template <class T>
inline constexpr Dtype dtype_of = dtype_of_t<std::remove_cv_t<T>>::value;

template <class T>
struct TypeTag {
  using type = T;
};

/// Calls f(TypeTag<T>{}) with the C++ type of `d`.
template <class F>
decltype(auto) dispatch(Dtype d, F&& f) {
  switch (d) {
    case Dtype::Bool:
      return f(TypeTag<bool>{});
    case Dtype::UInt8:
      return f(TypeTag<uint8_t>{});
    case Dtype::Int32:
      return f(TypeTag<int32_t>{});
    case Dtype::Int64:
      return f(TypeTag<int64_t>{});
    case Dtype::Float32:
      return f(TypeTag<float>{});
    default:
      return f(TypeTag<double>{});
  }
}

/// The same for floating-point types only; throws DtypeError with `op` for others.
void require_floating_point(const char* op, Dtype d);
/// Throws DtypeError with `op` for bool, for arithmetic that PyTorch does not define on bool.
void require_not_bool(const char* op, Dtype d);
template <class F>
decltype(auto) dispatch_float(const char* op, Dtype d, F&& f) {
  require_floating_point(op, d);
  return d == Dtype::Float32 ? f(TypeTag<float>{}) : f(TypeTag<double>{});
}

}  // namespace weft

template <>
struct fmt::formatter<weft::Dtype> {
  constexpr fmt::format_parse_context::iterator parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  fmt::format_context::iterator format(weft::Dtype d, fmt::format_context& ctx) const;
};
