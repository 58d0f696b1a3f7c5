// exp2: 2^x.
#include <cmath>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

struct Exp2 {
  static constexpr const char* kName = "exp2";
  template <class T>
  static T value(T x) {
    return std::exp2(x);
  }
  static Tensor grad(const Tensor&, const Tensor& g, const Tensor& y) { return g * y * M_LN2; }
};

}  // namespace

Tensor Tensor::exp2() const { return autograd::unary_op<Exp2>(*this); }

}  // namespace weft
