// logaddexp: log(e^a + e^b), without overflow.
#include <cmath>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

using autograd::Operands;

struct LogAddExp {
  static constexpr const char* kName = "logaddexp";
  template <class T>
  static T value(T a, T b) {
    if (a == b) return a + T(0.69314718055994530942);  // of equal infinities, too
    return std::fmax(a, b) + std::log1p(std::exp(-std::abs(a - b)));
  }
  static Tensor grad_a(const Operands& x, const Tensor& g) { return g * (x.a() - x.b()).sigmoid(); }
  static Tensor grad_b(const Operands& x, const Tensor& g) { return g * (x.b() - x.a()).sigmoid(); }
};

}  // namespace

Tensor Tensor::logaddexp(const Tensor& other) const { return autograd::binary_op<LogAddExp>(*this, other); }

}  // namespace weft
