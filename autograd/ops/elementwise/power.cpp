// Powers: pow and square.
#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft {
using autograd::record;
using autograd::saved;
using kernel::Binary;
using kernel::Unary;

namespace {

// The gradient of x^e. When recorded, it is a power again down to x^0: every derivative of a polynomial has a graph.
Tensor power_gradient(const Tensor& g, const Tensor& x, double e) {
  if (e == 0) return {};
  if (e == 1 && !GradMode::is_enabled()) return g;
  if (e == 2 && !GradMode::is_enabled()) return g * (2 * x);
  return g * (e * x.pow(e - 1));
}

Tensor power_value(const Tensor& x, const Scalar& exponent) {
  const double e = exponent.to_double();
  if (!x.is_floating_point() || (e != 0 && e != 1)) return kernel::binary(Binary::Pow, "pow", x, exponent);
  const Tensor out = kernel::output_like(x, x.dtype());
  if (e == 0)
    kernel::fill(out, 1);
  else if (!out.is_alias_of(x))
    kernel::copy(out, x);
  return out;
}

}  // namespace

Tensor Tensor::square() const {
  if (dtype() == kBool) return to(kInt64);
  return record("square", kernel::unary(Unary::Square, *this), {*this},
                [x = saved(*this)](const Tensor& g) { return power_gradient(g, x, 2); });
}
Tensor Tensor::pow(const Tensor& exponent) const {
  require_not_bool("pow", kernel::result_type(*this, exponent));
  return record(
      "pow", kernel::binary(Binary::Pow, "pow", *this, exponent), {*this, exponent},
      [a = saved(*this), b = saved(exponent)](const Tensor& g) {
        // b a^(b - 1), and 0 where b is 0, for any a.
        return where(b() == 0, 0.0, g * (b() * a().pow(b() - 1)));
      },
      [a = saved(*this), b = saved(exponent)](const Tensor& g, const Tensor& y) {
        return where((a() == 0).logical_and(b() >= 0), 0.0, g * (y * a().log()));
      });
}
Tensor Tensor::pow(const Scalar& exponent) const {
  require_not_bool("pow", kernel::result_type(*this, exponent));
  double e = exponent.to_double();
  check<ValueError>(is_floating_point() || exponent.is_floating_point() || e >= 0,
                    "[pow] integers have no negative powers, got exponent {}", e);
  if (e == 2 && (is_floating_point() || !exponent.is_floating_point())) return square();
  return record(autograd::op("pow", "exponent", exponent), power_value(*this, exponent), {*this},
                [a = saved(*this), e](const Tensor& g) { return power_gradient(g, a, e); });
}

}  // namespace weft
