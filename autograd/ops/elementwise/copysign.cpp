// copysign: the absolute value of a with the sign of b, of zeros too.
#include <cmath>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

using autograd::Operands;

struct Copysign {
  static constexpr const char* kName = "copysign";
  template <class T>
  static T value(T a, T b) {
    return std::copysign(a, b);
  }
  // -1 if the sign changed, else 1; 0 where a is 0, as in PyTorch.
  static Tensor grad_a(const Operands& x, const Tensor& g, const Tensor& y) {
    return g * (x.a().detach().sign() * y.detach().sign());
  }
  static Tensor grad_b(const Operands&, const Tensor&) { return {}; }
};

}  // namespace

Tensor Tensor::copysign(const Tensor& other) const { return autograd::binary_op<Copysign>(*this, other); }

}  // namespace weft
