// xlogy: a log(b), and 0 where a is 0, unless b is NaN.
#include <cmath>

#include "weft/autograd/functions.h"
#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

using autograd::Operands;

struct Xlogy {
  static constexpr const char* kName = "xlogy";
  template <class T>
  static T value(T a, T b) {
    return a == 0 && !std::isnan(b) ? T(0) : a * std::log(b);
  }
  static Tensor grad_a(const Operands& x, const Tensor& g) {
    const Tensor& b = x.b();
    return g * where(x.a().eq(0).logical_and(b.le(0)), 0.0, b.log());
  }
  static Tensor grad_b(const Operands& x, const Tensor& g) { return g * (x.a() / x.b()); }
};

}  // namespace

Tensor Tensor::xlogy(const Tensor& other) const { return autograd::binary_op<Xlogy>(*this, other); }

}  // namespace weft
