// Elementwise kernels: tables of functions (unary.def, binary.def, compare.def), applied with broadcasting and
// promotion.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

enum class Unary : uint8_t {
#define WEFT_UNARY(Name, value, vector) Name,
#define WEFT_UNARY_FLOAT(Name, value, vector) Name,
#include "weft/tensor/kernels/elementwise/unary.def"
};
enum class Binary : uint8_t {
#define WEFT_BINARY(Name, value, vector) Name,
#define WEFT_BINARY_FLOAT(Name, value, vector) Name,
#include "weft/tensor/kernels/elementwise/binary.def"
};
enum class Compare : uint8_t {
#define WEFT_COMPARE(Name, value) Name,
#include "weft/tensor/kernels/elementwise/compare.def"
};
enum class Bitwise : uint8_t { And, Or, Xor };

/// f(x) with parameters p and q. Floating-point functions convert integers to the default floating type.
Tensor unary(Unary f, const Tensor& x, double p = 0, double q = 0);

/// f(a, b), broadcast and promoted. A tensor without dimensions promotes like a number: it decides only the category.
Tensor binary(Binary f, const char* op, const Tensor& a, const Tensor& b, double p = 1, double q = 0);
Tensor binary(Binary f, const char* op, const Tensor& a, const Scalar& b, double p = 1, double q = 0);
/// f(b, a)
Tensor binary_reversed(Binary f, const char* op, const Tensor& a, const Scalar& b, double p = 1, double q = 0);

Tensor compare(Compare f, const char* op, const Tensor& a, const Tensor& b);
Tensor compare(Compare f, const char* op, const Tensor& a, const Scalar& b);

/// Integers and bool only; throws DtypeError for others.
Tensor bitwise(Bitwise f, const char* op, const Tensor& a, const Tensor& b);

/// condition ? a : b, broadcast; a and b of one dtype, condition bool.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// dst = src, converted and broadcast. dst may have any strides.
void copy(const Tensor& dst, const Tensor& src);
void fill(const Tensor& dst, const Scalar& value);
/// A contiguous (or channels-last) copy, converted to dtype.
Tensor copy_of(const Tensor& x, Dtype dtype, MemoryFormat format = MemoryFormat::Contiguous);
Tensor contiguous(const Tensor& x);

/// PyTorch's dtype of an op on a and b, or on a and a number.
Dtype result_type(const Tensor& a, const Tensor& b);
Dtype result_type(const Tensor& a, const Scalar& b);

/// A new tensor with the layout of x: the same strides if x is dense, and the same private order of its storage. Uses
/// x's own memory if it was donated.
Tensor output_like(const Tensor& x, Dtype dtype);
/// True if a and b can be walked as flat arrays: same sizes and same dense layout.
bool same_layout(const Tensor& a, const Tensor& b);
/// The elements of x in memory order, whatever the private order (only for kernels that treat all elements alike).
template <class T>
T* flat_data(const Tensor& x) {
  bool order;
  return static_cast<T*>(x.impl().storage->raw(&order)) + x.impl().offset;
}

}  // namespace weft::kernel
