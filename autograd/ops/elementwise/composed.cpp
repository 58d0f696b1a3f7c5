// Elementwise ops that are composed of others: frac, sinc, logit, nan_to_num.
#include <cmath>
#include <limits>

#include "weft/autograd/functions.h"
#include "weft/tensor/float16.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

// The largest finite number of a floating-point dtype.
double largest(Dtype dtype) {
  switch (dtype) {
    case kFloat64:
      return std::numeric_limits<double>::max();
    case kFloat16:
      return static_cast<float>(std::numeric_limits<Half>::max());
    case kBFloat16:
      return static_cast<float>(std::numeric_limits<BFloat16>::max());
    default:
      return std::numeric_limits<float>::max();
  }
}

}  // namespace

Tensor Tensor::frac() const {
  require_floating_point("frac", dtype());
  return *this - trunc();
}

Tensor Tensor::sinc() const {
  require_not_bool("sinc", dtype());
  const Tensor x = weft::is_floating_point(dtype()) ? *this : to(default_dtype());
  const Tensor zero = x.detach().eq(0), z = x.masked_fill(zero, 1) * M_PI;
  return (z.sin() / z).masked_fill(zero, 1);
}

Tensor Tensor::logit(std::optional<double> eps) const {
  require_not_bool("logit", dtype());
  check<ValueError>(!eps || (*eps >= 0 && *eps <= 0.5), "[logit] eps must be between 0 and 0.5, got {}",
                    eps.value_or(0));
  const Tensor z = eps ? clamp(*eps, 1 - *eps) : *this;
  return (z / (1 - z)).log();
}

Tensor Tensor::nan_to_num(double nan, std::optional<double> posinf, std::optional<double> neginf) const {
  if (!weft::is_floating_point(dtype())) return clone();
  const double most = largest(dtype());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Tensor x = detach();
  return masked_fill(x.isnan(), nan)
      .masked_fill(x.eq(kInfinity), posinf.value_or(most))
      .masked_fill(x.eq(-kInfinity), neginf.value_or(-most));
}

}  // namespace weft
