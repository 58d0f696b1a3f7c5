// Elementwise ops described by one struct: their value for one element, and their gradients in differentiable ops.
//
//     // hypot: sqrt(a^2 + b^2), without overflow of the squares.
//     struct Hypot {
//       static constexpr const char* kName = "hypot";
//       template <class T> static T value(T a, T b) { return std::hypot(a, b); }
//       static Tensor grad_a(const Operands& x, const Tensor& g, const Tensor& y) { return g * (x.a() / y); }
//       static Tensor grad_b(const Operands& x, const Tensor& g, const Tensor& y) { return g * (x.b() / y); }
//     };
//     Tensor Tensor::hypot(const Tensor& other) const { return binary_op<Hypot>(*this, other); }
//
// A gradient that does not read the result y leaves it out. A declaration in tensor/ops.def gives the method, the free
// function and the in-place form; a row of tests/autograd/rows_elementwise.cpp tests the op.
#pragma once

#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/plain_loops.h"

namespace weft::autograd {

/// The operands that the gradients of a binary op read.
struct Operands {
  Saved a_, b_;
  const Tensor& a() const { return a_(); }
  const Tensor& b() const { return b_(); }
};

/// The rule of a gradient that takes (operands, g) or (operands, g, y).
template <auto kGrad, class X>
auto rule_of(const X& x) {
  if constexpr (std::is_invocable_v<decltype(kGrad), const X&, const Tensor&>)
    return [x](const Tensor& g) { return kGrad(x, g); };
  else
    return [x](const Tensor& g, const Tensor& y) { return kGrad(x, g, y); };
}

/// Records F::value(x). `F::grad` takes (x, g) or (x, g, y), y being the result.
/// Integers are converted to the default floating type; throws DtypeError for bool.
template <class F>
Tensor unary_op(const Tensor& x) {
  require_not_bool(F::kName, x.dtype());
  static constexpr kernel::UnaryLoops kLoops = kernel::unary_loops_of<F>();
  return record(F::kName, kernel::unary(kLoops, x), {x}, rule_of<F::grad>(saved(x)));
}

/// Records F::value(a, b), broadcast and promoted. `F::grad_a` and `F::grad_b` take (operands, g) or (operands, g, y).
/// Integers are converted to the default floating type; throws DtypeError for two bools.
template <class F>
Tensor binary_op(const Tensor& a, const Tensor& b) {
  require_not_bool(F::kName, kernel::result_type(a, b));
  static constexpr kernel::BinaryLoops kLoops = kernel::binary_loops_of<F>();
  const Operands x{saved(a), saved(b)};
  return record(F::kName, kernel::binary(kLoops, F::kName, a, b), {a, b}, rule_of<F::grad_a>(x), rule_of<F::grad_b>(x));
}

}  // namespace weft::autograd
