#include "weft/nn/normalization.h"

#include <ostream>

#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {

namespace functional {
Tensor layer_norm(const Tensor& x, FuncArg<LayerNormFuncOptions> o) {
  return weft::layer_norm(x, o->normalized_shape(), o->weight(), o->bias(), o->eps());
}
Tensor group_norm(const Tensor& x, const GroupNormFuncOptions& o) {
  return weft::group_norm(x, o.num_groups(), o.weight(), o.bias(), o.eps());
}
}  // namespace functional

LayerNormImpl::LayerNormImpl(const LayerNormOptions& options) : options(options) { reset(); }

void LayerNormImpl::reset() {
  check<ValueError>(!options.normalized_shape().empty(), "[LayerNorm] normalized_shape is empty");
  const bool affine = options.elementwise_affine();
  weight = register_parameter("weight", affine ? weft::empty(options.normalized_shape()) : Tensor(), affine);
  bias = register_parameter("bias", affine ? weft::empty(options.normalized_shape()) : Tensor(), affine);
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "weft::nn::LayerNorm(" << to_string(IntArrayRef(options.normalized_shape()))
      << ", eps=" << options.eps() << ", elementwise_affine=" << options.elementwise_affine() << ")";
}

Tensor LayerNormImpl::forward(const Tensor& x) {
  return run(
      [this](const Tensor& in) {
        return weft::layer_norm(in, options.normalized_shape(), weight, bias, options.eps());
      },
      x);
}

GroupNormImpl::GroupNormImpl(const GroupNormOptions& options) : options(options) { reset(); }

void GroupNormImpl::reset() {
  const int64_t channels = options.num_channels(), groups = options.num_groups();
  check<ValueError>(groups > 0 && channels > 0 && channels % groups == 0,
                    "[GroupNorm] {} groups do not divide {} channels", groups, channels);
  const bool affine = options.affine();
  weight = register_parameter("weight", affine ? weft::empty({channels}) : Tensor(), affine);
  bias = register_parameter("bias", affine ? weft::empty({channels}) : Tensor(), affine);
  reset_parameters();
}

void GroupNormImpl::reset_parameters() {
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void GroupNormImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "weft::nn::GroupNorm(" << options.num_groups() << ", " << options.num_channels()
      << ", eps=" << options.eps() << ", affine=" << options.affine() << ")";
}

Tensor GroupNormImpl::forward(const Tensor& x) {
  auto body = [this](const Tensor& in) {
    check<ShapeError>(in.dim() >= 2 && in.size(1) == options.num_channels(),
                      "[group_norm] input must be [N, {}, ...], got {}", options.num_channels(), in.sizes());
    return weft::group_norm(in, options.num_groups(), weight, bias, options.eps());
  };
  return run(body, x);
}

template class Cloneable<LayerNormImpl>;
template class Cloneable<GroupNormImpl>;

}  // namespace weft::nn
