// Functions that create tensors.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft {

/// A nested brace list of numbers, as an argument of tensor(): {1, 2}, {{1.5, 2}, {3, 4}} ...
class NestedList {
 public:
  NestedList(bool v) : NestedList(Scalar(v)) {}  // NOLINT
  template <class T>
  requires std::is_arithmetic_v<T> NestedList(T v) : NestedList(Scalar(v)) {}  // NOLINT
  NestedList(std::initializer_list<NestedList> rows);                          // NOLINT
  template <class T>
  requires std::is_arithmetic_v<T> NestedList(const std::vector<T>& v) {  // NOLINT
    sizes_ = {static_cast<int64_t>(v.size())};
    kind_ = Scalar(T()).kind();
    values_.assign(v.begin(), v.end());
  }
  const Dims& sizes() const { return sizes_; }
  Dtype kind() const { return kind_; }
  const std::vector<Scalar>& values() const { return values_; }

 private:
  explicit NestedList(Scalar v) : kind_(v.kind()), values_{v} {}
  Dims sizes_;
  Dtype kind_ = kFloat64;
  std::vector<Scalar> values_;
};

/// tensor({{1., 2.}, {3., 4.}}), tensor(3), tensor({1, 2}, kInt32). The dtype defaults to bool, int64 or the default
/// floating type, depending on the list; a list of integers and floating-point numbers becomes floating point. Throws
/// ShapeError for ragged lists, DtypeError for bools mixed with numbers.
Tensor tensor(const NestedList& values, const TensorOptions& options = {});
Tensor tensor(std::initializer_list<NestedList> values, const TensorOptions& options = {});
/// A tensor without dimensions that holds one value.
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});

Tensor empty(IntArrayRef sizes, const TensorOptions& options = {});
Tensor zeros(IntArrayRef sizes, const TensorOptions& options = {});
Tensor ones(IntArrayRef sizes, const TensorOptions& options = {});
/// The dtype defaults to the value's (bool, int64, default floating type).
Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options = {});
Tensor eye(int64_t n, const TensorOptions& options = {});
Tensor eye(int64_t n, int64_t m, const TensorOptions& options = {});
/// start, start + step ... below end. int64 for integer arguments. Throws ValueError for a step of 0 or of the wrong
/// sign.
Tensor arange(const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {});
/// `steps` points from start to end, both included.
Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options = {});
/// Uniform in [0, 1). Draws PyTorch's values after manual_seed.
Tensor rand(IntArrayRef sizes, const TensorOptions& options = {});
/// Standard normal. Draws PyTorch's values after manual_seed.
Tensor randn(IntArrayRef sizes, const TensorOptions& options = {});
/// Uniform integers in [low, high); int64 by default.
Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options = kInt64);
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options = kInt64);
/// A random permutation of 0 .. n-1, int64.
Tensor randperm(int64_t n, const TensorOptions& options = kInt64);

Tensor empty_like(const Tensor& t, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& t, const TensorOptions& options = {});
Tensor ones_like(const Tensor& t, const TensorOptions& options = {});
Tensor full_like(const Tensor& t, const Scalar& value, const TensorOptions& options = {});
Tensor rand_like(const Tensor& t, const TensorOptions& options = {});
Tensor randn_like(const Tensor& t, const TensorOptions& options = {});
Tensor randint_like(const Tensor& t, int64_t low, int64_t high, const TensorOptions& options = {});

/// A tensor on the caller's memory, which must outlive it; `deleter` is called with it at the end.
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, std::function<void(void*)> deleter, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, std::function<void(void*)> deleter,
                 const TensorOptions& options = {});

}  // namespace weft
