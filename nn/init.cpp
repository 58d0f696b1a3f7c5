#include "weft/nn/init.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/creation.h"

namespace weft::nn::init {
namespace {

/// The inverse of erf on (-1, 1): Giles' approximation (2010), then two steps of Newton's method.
double inverse_erf(double y) {
  if (y <= -1 || y >= 1) return std::copysign(std::abs(y) == 1 ? INFINITY : NAN, y);
  static constexpr double kCentral[] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                        -0.00125372503, -0.00417768164, 0.246640727,    1.50140941};
  static constexpr double kTail[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                     -0.0076224613,   0.00943887047,  1.00167406,    2.83297682};
  double w = -std::log((1 - y) * (1 + y));
  const bool central = w < 5;
  w = central ? w - 2.5 : std::sqrt(w) - 3;
  double p = 0;
  for (double c : central ? kCentral : kTail) p = p * w + c;
  double x = p * y;
  const double two_over_sqrt_pi = 2 / std::sqrt(M_PI);
  for (int step = 0; step < 2; ++step) x -= (std::erf(x) - y) / (two_over_sqrt_pi * std::exp(-x * x));
  return x;
}

/// Replaces each element v by f(v), computed in double.
template <class F>
void transform(Tensor& t, const char* op, F f) {
  if (is_floating_point(t.dtype()) && !has_kernels(t.dtype())) {
    Tensor wide = t.to(dtype_info(t.dtype()).compute);
    transform(wide, op, f);
    t.copy_(wide);
    return;
  }
  dispatch_float(op, t.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    Tensor flat = t.contiguous();
    T* p = flat.template data_ptr<T>();
    for (int64_t i = 0; i < flat.numel(); ++i) p[i] = static_cast<T>(f(static_cast<double>(p[i])));
    if (!flat.is_same(t)) t.copy_(flat);
  });
}

/// Makes the `count` rows of length n orthonormal, in order (Gram-Schmidt, each row twice): the transposed Q of a QR
/// factorisation whose R has a positive diagonal.
void orthonormalise(std::vector<double>& rows, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) {
    double* row = &rows[i * n];
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t j = 0; j < i; ++j) {
        const double* other = &rows[j * n];
        const double dot = std::inner_product(row, row + n, other, 0.0);
        for (int64_t k = 0; k < n; ++k) row[k] -= dot * other[k];
      }
    const double length = std::sqrt(std::inner_product(row, row + n, row, 0.0));
    for (int64_t k = 0; k < n; ++k) row[k] /= length;
  }
}

double kaiming_std(const Tensor& t, double a, FanModeType mode, NonlinearityType nonlinearity) {
  const auto [fan_in, fan_out] = calculate_fan_in_and_fan_out(t);
  return calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(mode.fan_in ? fan_in : fan_out));
}

double xavier_std(const Tensor& t, double gain) {
  const auto [fan_in, fan_out] = calculate_fan_in_and_fan_out(t);
  return gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out));
}

}  // namespace

double calculate_gain(NonlinearityType nonlinearity, double param) {
  switch (nonlinearity.value) {
    case Nonlinearity::Tanh:
      return 5.0 / 3.0;
    case Nonlinearity::ReLU:
      return std::sqrt(2.0);
    case Nonlinearity::LeakyReLU:
      return std::sqrt(2.0 / (1 + param * param));
    case Nonlinearity::SELU:
      return 0.75;
    default:
      return 1.0;
  }
}

std::pair<int64_t, int64_t> calculate_fan_in_and_fan_out(const Tensor& tensor) {
  check<ShapeError>(tensor.dim() >= 2, "[init] fan in and fan out need two dimensions, got {}", tensor.sizes());
  const int64_t outputs = tensor.size(0), inputs = tensor.size(1);
  int64_t field = 1;
  for (int64_t d = 2; d < tensor.dim(); ++d) field *= tensor.size(d);
  return {inputs * field, outputs * field};
}

Tensor constant_(Tensor tensor, const Scalar& value) {
  NoGradGuard no_grad;
  return tensor.fill_(value);
}

Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }

Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }

Tensor eye_(Tensor matrix) {
  NoGradGuard no_grad;
  check<ShapeError>(matrix.dim() == 2, "[eye_] takes two dimensions, got {}", matrix.sizes());
  return matrix.copy_(eye(matrix.size(0), matrix.size(1), matrix.dtype()));
}

Tensor dirac_(Tensor tensor, int64_t groups) {
  NoGradGuard no_grad;
  const int64_t dims = tensor.dim();
  check<ShapeError>(dims >= 3 && dims <= 5, "[dirac_] takes 3 to 5 dimensions, got {}", tensor.sizes());
  check<ValueError>(groups > 0 && tensor.size(0) % groups == 0, "[dirac_] {} groups do not divide the first of {}",
                    groups, tensor.sizes());
  tensor.zero_();
  const int64_t per_group = tensor.size(0) / groups;
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t c = 0; c < std::min(per_group, tensor.size(1)); ++c) {
      Tensor kernel = tensor.select(0, g * per_group + c).select(0, c);
      for (int64_t d = 2; d < dims; ++d) kernel = kernel.select(0, tensor.size(d) / 2);
      kernel.fill_(1);
    }
  return tensor;
}

Tensor uniform_(Tensor tensor, double low, double high) {
  NoGradGuard no_grad;
  return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  NoGradGuard no_grad;
  return tensor.normal_(mean, std);
}

Tensor trunc_normal_(Tensor tensor, double mean, double std, double a, double b) {
  NoGradGuard no_grad;
  check<ValueError>(std > 0 && a < b, "[trunc_normal_] needs std > 0 and a < b, got std {}, a {}, b {}", std, a, b);
  auto cdf = [&](double x) { return (1 + std::erf((x - mean) / std / std::sqrt(2.0))) / 2; };
  tensor.uniform_(2 * cdf(a) - 1, 2 * cdf(b) - 1);
  const double scale = std * std::sqrt(2.0);
  transform(tensor, "trunc_normal_", [&](double u) { return std::min(b, std::max(a, mean + scale * inverse_erf(u))); });
  return tensor;
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
  const double bound = std::sqrt(3.0) * xavier_std(tensor, gain);
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
  const double std = xavier_std(tensor, gain);
  return normal_(std::move(tensor), 0, std);
}

Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  if (tensor.numel() == 0) return tensor;
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  if (tensor.numel() == 0) return tensor;
  const double std = kaiming_std(tensor, a, mode, nonlinearity);
  return normal_(std::move(tensor), 0, std);
}

Tensor orthogonal_(Tensor tensor, double gain) {
  NoGradGuard no_grad;
  check<ShapeError>(tensor.dim() >= 2, "[orthogonal_] needs two dimensions, got {}", tensor.sizes());
  if (tensor.numel() == 0) return tensor;
  require_floating_point("orthogonal_", tensor.dtype());
  const int64_t height = tensor.size(0), width = tensor.numel() / height;
  const Tensor drawn = empty({height, width}, tensor.dtype()).normal_().to(kFloat64);
  // The columns of a tall matrix or the rows of a wide one become orthonormal.
  const bool tall = height >= width;
  const Tensor vectors = (tall ? drawn.t() : drawn).contiguous();
  const double* p = vectors.data_ptr<double>();
  std::vector<double> rows(p, p + vectors.numel());
  orthonormalise(rows, vectors.size(0), vectors.size(1));
  const Tensor result = from_blob(rows.data(), vectors.sizes(), kFloat64) * gain;
  return tensor.copy_((tall ? result.t() : result).reshape(tensor.sizes()));
}

Tensor sparse_(Tensor matrix, double sparsity, double std) {
  NoGradGuard no_grad;
  check<ShapeError>(matrix.dim() == 2, "[sparse_] takes two dimensions, got {}", matrix.sizes());
  check<ValueError>(sparsity >= 0 && sparsity <= 1, "[sparse_] sparsity must be in [0, 1], got {}", sparsity);
  const int64_t height = matrix.size(0);
  const int64_t zeros = static_cast<int64_t>(std::ceil(sparsity * static_cast<double>(height)));
  matrix.normal_(0, std);
  for (int64_t column = 0; column < matrix.size(1); ++column) {
    const Tensor order = randperm(height);
    for (int64_t i = 0; i < zeros; ++i) matrix.select(1, column).select(0, order.data_ptr<int64_t>()[i]).fill_(0);
  }
  return matrix;
}

}  // namespace weft::nn::init
