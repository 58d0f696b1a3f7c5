// One number of any dtype, as an argument of ops.
#pragma once

#include <concepts>
#include <cstdint>

#include "weft/tensor/arithmetic.h"
#include "weft/tensor/dtype.h"

namespace weft {

/// A number that remembers if it was given as bool, integer or floating point, for PyTorch's promotion rules.
class Scalar {
 public:
  Scalar() : Scalar(0) {}
  Scalar(bool v) : kind_(kBool), i_(v) {}  // NOLINT
  template <std::integral T>
  requires(!std::same_as<T, bool>) Scalar(T v) : kind_(kInt64), i_(static_cast<int64_t>(v)) {}  // NOLINT
  template <std::floating_point T>
  Scalar(T v) : kind_(kFloat64), d_(static_cast<double>(v)) {}  // NOLINT
  Scalar(Half v) : Scalar(static_cast<float>(v)) {}             // NOLINT
  Scalar(BFloat16 v) : Scalar(static_cast<float>(v)) {}         // NOLINT

  /// kBool, kInt64 or kFloat64.
  Dtype kind() const { return kind_; }
  bool is_floating_point() const { return kind_ == kFloat64; }
  /// The value as T, converted by convert().
  template <class T>
  T to() const {
    return is_floating_point() ? convert<T>(d_) : convert<T>(i_);
  }
  double to_double() const { return to<double>(); }

 private:
  Dtype kind_;
  union {
    int64_t i_;
    double d_;
  };
};

}  // namespace weft
