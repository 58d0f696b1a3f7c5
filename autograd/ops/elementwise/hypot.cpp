// hypot: sqrt(a^2 + b^2), without overflow or underflow of the squares (C99's hypot).
#include <cmath>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

using autograd::Operands;

struct Hypot {
  static constexpr const char* kName = "hypot";
  template <class T>
  static T value(T a, T b) {
    return std::hypot(a, b);
  }
  static Tensor grad_a(const Operands& x, const Tensor& g, const Tensor& y) { return g * (x.a() / y); }
  static Tensor grad_b(const Operands& x, const Tensor& g, const Tensor& y) { return g * (x.b() / y); }
};

}  // namespace

Tensor Tensor::hypot(const Tensor& other) const { return autograd::binary_op<Hypot>(*this, other); }

}  // namespace weft
