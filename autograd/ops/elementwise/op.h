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

/// Records F::value(x). `F::grad(x, g)` or `F::grad(x, g, y)` is its gradient, y being the result.
/// Integers are converted to the default floating type; throws DtypeError for bool.
template <class F>
Tensor unary_op(const Tensor& x) {
  require_not_bool(F::kName, x.dtype());
  static constexpr kernel::UnaryLoops kLoops = kernel::unary_loops_of<F>();
  const Tensor out = kernel::unary(kLoops, x);
  if constexpr (std::is_invocable_v<decltype(F::grad), const Tensor&, const Tensor&>)
    return record(F::kName, out, {x}, [x = saved(x)](const Tensor& g) { return F::grad(x(), g); });
  else
    return record(F::kName, out, {x}, [x = saved(x)](const Tensor& g, const Tensor& y) { return F::grad(x(), g, y); });
}

/// Records F::value(a, b), broadcast and promoted. `F::grad_a` and `F::grad_b` take (operands, g) or (operands, g, y).
/// Integers are converted to the default floating type; throws DtypeError for two bools.
template <class F>
Tensor binary_op(const Tensor& a, const Tensor& b) {
  require_not_bool(F::kName, kernel::result_type(a, b));
  static constexpr kernel::BinaryLoops kLoops = kernel::binary_loops_of<F>();
  const Tensor out = kernel::binary(kLoops, F::kName, a, b);
  const Operands x{saved(a), saved(b)};
  if constexpr (std::is_invocable_v<decltype(F::grad_a), const Operands&, const Tensor&>)
    return record(
        F::kName, out, {a, b}, [x](const Tensor& g) { return F::grad_a(x, g); },
        [x](const Tensor& g) { return F::grad_b(x, g); });
  else
    return record(
        F::kName, out, {a, b}, [x](const Tensor& g, const Tensor& y) { return F::grad_a(x, g, y); },
        [x](const Tensor& g, const Tensor& y) { return F::grad_b(x, g, y); });
}

}  // namespace weft::autograd
