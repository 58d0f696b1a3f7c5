// A value of any type that a custom function's forward saves for its backward, with the interface of libtorch's IValue.
#pragma once

#include <any>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// A std::any that owns its value: text is stored as std::string, sizes as std::vector<int64_t>. std::any_cast reads
/// every type; each to...() reads the types in its name and throws DtypeError for others, without conversion between
/// integers and floating point.
class SavedValue : public std::any {
 public:
  SavedValue() = default;
  SavedValue(std::any value) : std::any(std::move(value)) {}  // NOLINT
  template <class T>
  requires(!std::derived_from<std::remove_cvref_t<T>, std::any>) SavedValue(T&& value)  // NOLINT
      : std::any(kept(std::forward<T>(value))) {}

  bool isNone() const { return !has_value(); }
  bool isBool() const;
  bool isInt() const;
  bool isDouble() const;
  bool isString() const;
  bool isTensor() const;

  bool toBool() const;
  /// Any integer type except bool.
  int64_t toInt() const;
  /// float or double.
  double toDouble() const;
  /// A bool, an integer, a floating-point number or a Scalar.
  Scalar toScalar() const;
  const std::string& toStringRef() const;
  Tensor toTensor() const;
  std::vector<int64_t> toIntVector() const;
  std::vector<double> toDoubleVector() const;
  TensorList toTensorVector() const;

 private:
  template <class T>
  static decltype(auto) kept(T&& value) {
    using V = std::remove_cvref_t<T>;
    if constexpr (std::same_as<V, IntArrayRef> || std::same_as<V, Dims>)
      return std::vector<int64_t>(value.begin(), value.end());
    else if constexpr (!std::same_as<V, std::string> && std::is_convertible_v<T, std::string_view>)
      return std::string(std::string_view(value));
    else
      return std::forward<T>(value);
  }
};

}  // namespace weft::autograd
