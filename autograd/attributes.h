// The constant arguments of a recorded op: what a graph shows and exports beside its inputs.
#pragma once

#include <array>
#include <bitset>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weft/tensor/dtype.h"
#include "weft/tensor/scalar.h"
#include "weft/tensor/sizes.h"

namespace weft::autograd {

/// monostate: an optional argument that was not given.
using AttributeValue = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<int64_t>>;

struct Attribute {
  std::string name;
  AttributeValue value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

/// "3", "0.5", "true", "same", "[2, 2]", "none".
std::string to_string(const AttributeValue& value);

namespace detail {

/// The type in which a node keeps an argument of type T: lists and texts by value.
template <class T>
using Kept = std::conditional_t<
    std::is_same_v<T, IntArrayRef>, Dims,
    std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string, std::decay_t<T>>>;

inline AttributeValue value_of(bool v) { return v; }
template <std::integral T>
AttributeValue value_of(T v) {
  return static_cast<int64_t>(v);
}
inline AttributeValue value_of(double v) { return v; }
inline AttributeValue value_of(const char* v) { return std::string(v); }
inline AttributeValue value_of(const std::string& v) { return v; }
inline AttributeValue value_of(Dtype v) { return name(v); }
inline AttributeValue value_of(IntArrayRef v) { return v.vec(); }
inline AttributeValue value_of(const Dims& v) { return IntArrayRef(v).vec(); }
AttributeValue value_of(const Scalar& v);
template <size_t N>
AttributeValue value_of(const std::array<int64_t, N>& v) {
  return std::vector<int64_t>(v.begin(), v.end());
}
/// The dimensions of a mask.
template <size_t N>
AttributeValue value_of(const std::bitset<N>& mask) {
  std::vector<int64_t> dims;
  for (size_t d = 0; d < N; ++d)
    if (mask[d]) dims.push_back(static_cast<int64_t>(d));
  return dims;
}
template <class T>
AttributeValue value_of(const std::optional<T>& v) {
  return v ? value_of(*v) : AttributeValue();
}

}  // namespace detail

/// An op's name with its arguments, as record() takes them: `op("transpose", "dim0", a, "dim1", b)`. It refers to the
/// arguments, so it lives no longer than the call of record(); the node keeps copies.
template <class... Args>
struct Call {
  const char* name;
  std::tuple<const Args&...> arguments;  ///< alternately a name and a value
};

template <class... Args>
Call<Args...> op(const char* name, const Args&... arguments) {
  static_assert(sizeof...(Args) % 2 == 0, "op() takes names and values in pairs");
  return {name, {arguments...}};
}

namespace detail {

/// A call as its node keeps it. A type of its own with `name` and `attributes()` is kept as it is.
template <class Name>
struct KeptCall : Name {
  explicit KeptCall(const Name& call) : Name(call) {}
};
template <class... Args>
struct KeptCall<Call<Args...>> {
  explicit KeptCall(const Call<Args...>& call) : arguments(call.arguments) {}
  Attributes attributes() const { return read(std::make_index_sequence<sizeof...(Args) / 2>()); }

 private:
  template <size_t... I>
  Attributes read(std::index_sequence<I...>) const {
    return {Attribute{std::string(std::get<2 * I>(arguments)), value_of(std::get<2 * I + 1>(arguments))}...};
  }
  template <class T>
  using KeptArgument = std::conditional_t<std::is_array_v<T>, const char*, Kept<T>>;
  std::tuple<KeptArgument<Args>...> arguments;
};

}  // namespace detail
}  // namespace weft::autograd
