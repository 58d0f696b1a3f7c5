#include "weft/nn/linear.h"

#include <cmath>
#include <ostream>

#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {

LinearImpl::LinearImpl(const LinearOptions& options) : options(options) { reset(); }

void LinearImpl::reset() {
  const int64_t in = options.in_features(), out = options.out_features();
  check<ValueError>(in >= 0 && out >= 0, "[Linear] features must not be negative, got {} and {}", in, out);
  weight = register_parameter("weight", empty({out, in}));
  bias = options.bias() ? register_parameter("bias", empty({out})) : register_parameter("bias", Tensor(), false);
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const double bound = options.in_features() > 0 ? 1 / std::sqrt(static_cast<double>(options.in_features())) : 0;
  init::uniform_(bias, -bound, bound);
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "weft::nn::Linear(in_features=" << options.in_features()
         << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

Tensor LinearImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return weft::linear(in, weight, bias); }, x);
}

template class Cloneable<LinearImpl>;

}  // namespace weft::nn
