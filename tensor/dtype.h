// Element types: one table of their properties, their promotion, and the choice of code by dtype.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <type_traits>

#include "weft/tensor/float16.h"

namespace weft {

/// Element type of a tensor. detail::kDtypes holds the properties of each.
enum class Dtype : uint8_t { Bool, UInt8, Int8, Int16, Int32, Int64, Float16, BFloat16, Float32, Float64 };
using ScalarType = Dtype;

inline constexpr Dtype kBool = Dtype::Bool;
inline constexpr Dtype kUInt8 = Dtype::UInt8, kByte = kUInt8;
inline constexpr Dtype kInt8 = Dtype::Int8, kChar = kInt8;
inline constexpr Dtype kInt16 = Dtype::Int16, kShort = kInt16;
inline constexpr Dtype kInt32 = Dtype::Int32, kInt = kInt32;
inline constexpr Dtype kInt64 = Dtype::Int64, kLong = kInt64;
inline constexpr Dtype kFloat16 = Dtype::Float16, kHalf = kFloat16;
inline constexpr Dtype kBFloat16 = Dtype::BFloat16;
inline constexpr Dtype kFloat32 = Dtype::Float32, kFloat = kFloat32;
inline constexpr Dtype kFloat64 = Dtype::Float64, kDouble = kFloat64;

/// The categories of PyTorch's promotion: a result has the highest of its operands'.
enum class DtypeKind : uint8_t { Bool, Integer, Floating };

/// The properties of a dtype.
struct DtypeInfo {
  const char* name;         ///< PyTorch's, without "torch."
  const char* print_name;   ///< in a printed tensor: CPUFloatType
  const char* safetensors;  ///< in a safetensors file
  DtypeKind kind;
  int8_t bytes;
  Dtype compute;  ///< the dtype in which kernels compute it: itself, if it has kernels of its own
};

template <class... T>
struct TypeList {};
/// The C++ types of all dtypes, in the order of Dtype.
using AllTypes = TypeList<bool, uint8_t, int8_t, int16_t, int32_t, int64_t, Half, BFloat16, float, double>;
/// Those with arithmetic kernels. The other dtypes are computed in DtypeInfo::compute, element by element.
using KernelTypes = TypeList<bool, uint8_t, int32_t, int64_t, float, double>;
using KernelNumbers = TypeList<uint8_t, int32_t, int64_t, float, double>;
using KernelBits = TypeList<bool, uint8_t, int32_t, int64_t>;
using KernelFloats = TypeList<float, double>;

namespace detail {

inline constexpr DtypeInfo kDtypes[] = {
    {"bool", "CPUBoolType", "BOOL", DtypeKind::Bool, 1, kBool},
    {"uint8", "CPUByteType", "U8", DtypeKind::Integer, 1, kUInt8},
    {"int8", "CPUCharType", "I8", DtypeKind::Integer, 1, kInt32},
    {"int16", "CPUShortType", "I16", DtypeKind::Integer, 2, kInt32},
    {"int32", "CPUIntType", "I32", DtypeKind::Integer, 4, kInt32},
    {"int64", "CPULongType", "I64", DtypeKind::Integer, 8, kInt64},
    {"float16", "CPUHalfType", "F16", DtypeKind::Floating, 2, kFloat32},
    {"bfloat16", "CPUBFloat16Type", "BF16", DtypeKind::Floating, 2, kFloat32},
    {"float32", "CPUFloatType", "F32", DtypeKind::Floating, 4, kFloat32},
    {"float64", "CPUDoubleType", "F64", DtypeKind::Floating, 8, kFloat64},
};

template <class T, class... Types>
constexpr int index_of(TypeList<Types...>) {
  int at = 0, found = -1;
  ((std::is_same_v<T, Types> ? void(found = at++) : void(at++)), ...);
  return found;
}

}  // namespace detail

/// Number of dtypes.
inline constexpr int kDtypeCount = static_cast<int>(std::size(detail::kDtypes));
constexpr const DtypeInfo& dtype_info(Dtype d) { return detail::kDtypes[static_cast<int>(d)]; }

namespace detail {
template <class T>
constexpr Dtype dtype_that_stores() {
  constexpr int index = index_of<T>(AllTypes{});
  static_assert(index >= 0, "no dtype stores this type");
  return static_cast<Dtype>(index);
}
}  // namespace detail
/// The dtype that stores T.
template <class T>
inline constexpr Dtype dtype_of = detail::dtype_that_stores<std::remove_cv_t<T>>();

namespace detail {

/// A set of dtypes: bit i stands for dtype i.
using DtypeSet = uint32_t;
constexpr bool contains(DtypeSet set, Dtype d) { return (set >> static_cast<int>(d)) & 1u; }
template <class F>
constexpr DtypeSet dtypes_where(F condition) {
  DtypeSet set = 0;
  for (int i = 0; i < kDtypeCount; ++i)
    if (condition(static_cast<Dtype>(i))) set |= 1u << i;
  return set;
}
template <class... T>
constexpr DtypeSet dtypes_of(TypeList<T...>) {
  return ((1u << static_cast<int>(dtype_of<T>)) | ...);
}
// Copies of the table's columns that the smallest ops read.
inline constexpr DtypeSet kFloating = dtypes_where([](Dtype d) { return dtype_info(d).kind == DtypeKind::Floating; });
inline constexpr DtypeSet kIntegers = dtypes_where([](Dtype d) { return dtype_info(d).kind == DtypeKind::Integer; });
inline constexpr DtypeSet kWithKernels = dtypes_where([](Dtype d) { return dtype_info(d).compute == d; });

}  // namespace detail

/// Bytes per element.
constexpr int64_t item_size(Dtype d) { return dtype_info(d).bytes; }
constexpr bool is_floating_point(Dtype d) { return detail::contains(detail::kFloating, d); }
/// uint8 and int8 to int64.
constexpr bool is_integer(Dtype d) { return detail::contains(detail::kIntegers, d); }
/// True if d has arithmetic kernels of its own.
constexpr bool has_kernels(Dtype d) { return detail::contains(detail::kWithKernels, d); }

/// PyTorch's name without "torch.": "float32".
constexpr const char* name(Dtype d) { return dtype_info(d).name; }
std::ostream& operator<<(std::ostream& out, Dtype d);

/// The dtype of a result of two tensors that both have dimensions, by PyTorch's rules: the higher category; within one
/// the wider type. Two types of the same size give one that holds both: int16 for uint8 with int8, float32 for float16
/// with bfloat16.
constexpr Dtype promote_types(Dtype a, Dtype b) {
  if (a == b) return a;
  const DtypeInfo &x = dtype_info(a), &y = dtype_info(b);
  if (x.kind != y.kind) return x.kind > y.kind ? a : b;
  if (x.bytes == y.bytes) return x.kind == DtypeKind::Floating ? kFloat32 : kInt16;
  return x.bytes > y.bytes ? a : b;
}

/// Throws DtypeError unless tensors of this dtype can have gradients.
void check_can_require_grad(Dtype d);

/// float32 unless set_default_dtype was called.
Dtype default_dtype();
/// Sets the dtype of new floating-point tensors without an explicit dtype. Throws DtypeError unless floating point.
void set_default_dtype(Dtype d);

template <class T>
struct TypeTag {
  using type = T;
};

namespace detail {

/// Throws DtypeError, which names `op`, d, and the dtypes that are computed in one of `kernels`.
[[noreturn]] void fail_dtype(const char* op, Dtype d, DtypeSet kernels);

/// Calls f with the tag of d's type, which `List` contains.
template <class List, class F>
decltype(auto) dispatch_in(Dtype d, F& f) {
#define WEFT_CASE(Name, T)                                                          \
  case Dtype::Name:                                                                 \
    static_assert(dtype_of<T> == Dtype::Name);                                      \
    if constexpr (contains(dtypes_of(List{}), Dtype::Name)) return f(TypeTag<T>{}); \
    break;
  switch (d) {
    WEFT_CASE(Bool, bool)
    WEFT_CASE(UInt8, uint8_t)
    WEFT_CASE(Int8, int8_t)
    WEFT_CASE(Int16, int16_t)
    WEFT_CASE(Int32, int32_t)
    WEFT_CASE(Int64, int64_t)
    WEFT_CASE(Float16, Half)
    WEFT_CASE(BFloat16, BFloat16)
    WEFT_CASE(Float32, float)
    WEFT_CASE(Float64, double)
  }
#undef WEFT_CASE
  __builtin_unreachable();
}

}  // namespace detail

/// Calls f(TypeTag<T>{}) with the C++ type of `d`. Throws DtypeError, which names `op` and the supported dtypes, unless
/// `List` contains it.
template <class List, class F>
decltype(auto) dispatch(const char* op, Dtype d, F&& f) {
  if (!detail::contains(detail::dtypes_of(List{}), d)) [[unlikely]]
    detail::fail_dtype(op, d, detail::dtypes_of(List{}));
  return detail::dispatch_in<List>(d, f);
}
/// The same for every dtype: storing and converting.
template <class F>
decltype(auto) dispatch_all(Dtype d, F&& f) {
  return detail::dispatch_in<AllTypes>(d, f);
}
/// The same for float32 and float64.
template <class F>
decltype(auto) dispatch_float(const char* op, Dtype d, F&& f) {
  return dispatch<KernelFloats>(op, d, f);
}

/// Throws DtypeError with `op` unless d is floating point.
void require_floating_point(const char* op, Dtype d);
/// Throws DtypeError with `op` for bool, for arithmetic that PyTorch does not define on bool.
void require_not_bool(const char* op, Dtype d);

}  // namespace weft

template <>
struct fmt::formatter<weft::Dtype> {
  constexpr fmt::format_parse_context::iterator parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  fmt::format_context::iterator format(weft::Dtype d, fmt::format_context& ctx) const;
};
