#include "weft/nn/fusion.h"

#include "weft/autograd/autograd.h"
#include "weft/autograd/fused.h"
#include "weft/nn/activation.h"
#include "weft/nn/conv.h"
#include "weft/nn/pooling.h"

namespace weft::nn {
namespace {

using autograd::Act;
using autograd::MaxPoolArgs;

/// A container's layers from one position on.
class Layers {
 public:
  Layers(std::span<const AnyModule> layers) : layers_(layers) {}  // NOLINT
  /// Layer i as an M, if it is exactly an M and has no hooks.
  template <class M>
  const M* as(size_t i) const {
    if (i >= layers_.size() || layers_[i].is_empty()) return nullptr;
    const Module& module = *layers_[i].ptr();
    return &typeid(module) == &typeid(M) && !module.has_hooks() ? static_cast<const M*>(&module) : nullptr;
  }
  template <class M>
  bool is(size_t i) const {
    return as<M>(i) != nullptr;
  }
  Act act(size_t i) const {
    return is<ReLUImpl>(i) ? Act::Relu : is<SigmoidImpl>(i) ? Act::Sigmoid : is<TanhImpl>(i) ? Act::Tanh : Act::None;
  }

  /// A pooling layer that may equally run before a relu. With dilation a window may miss the image and give -inf: then
  /// it may not.
  const MaxPool2dImpl* pool_behind_relu(size_t i) const {
    const auto* pool = as<MaxPool2dImpl>(i);
    return pool && pool->options.dilation()[0] == 1 && pool->options.dilation()[1] == 1 ? pool : nullptr;
  }
  bool in_place(size_t i) const { return in_place<ReLUImpl>(i) || in_place<SigmoidImpl>(i) || in_place<TanhImpl>(i); }

 private:
  template <class M>
  bool in_place(size_t i) const {
    const M* layer = as<M>(i);
    return layer && layer->options.inplace();
  }
  std::span<const AnyModule> layers_;
};

Dims list(const ExpandingArray<2>& v) { return {v[0], v[1]}; }

MaxPoolArgs arguments(const MaxPool2dOptions& o) {
  return {list(o.kernel_size()), list(o.stride()), list(o.padding()), list(o.dilation()), o.ceil_mode()};
}

/// The padding of a convolution, if it pads with zeros and equally on opposite sides.
bool plain_padding(const Conv2dImpl& conv, Dims& padding) {
  const auto& o = conv.options;
  if (!o.padding_mode().zeros() || conv.weight.dim() != 4) return false;
  padding = list(o.padding().numbers());
  if (o.padding().kind() != ConvPadding<2>::Kind::Same) return true;
  for (size_t d = 0; d < 2; ++d) {
    const int64_t total = o.dilation()[d] * (conv.weight.size(static_cast<int64_t>(d) + 2) - 1);
    if (total % 2) return false;
    padding[d] = total / 2;
  }
  return true;
}

size_t fuse_conv(const Layers& layers, const Conv2dImpl& conv, const Tensor& x, Tensor& result) {
  const Act act = layers.act(1);
  const auto* pool = act == Act::Relu ? layers.pool_behind_relu(2) : layers.as<MaxPool2dImpl>(1);
  if (act == Act::None && !pool) return 0;
  Dims padding;
  if (!plain_padding(conv, padding)) return 0;
  const auto& o = conv.options;
  const autograd::ConvArgs args{list(o.stride()), padding, list(o.dilation()), o.groups()};
  if (!pool) {
    result = autograd::conv2d_act(x, conv.weight, conv.bias, args, act);
    return 2;
  }
  const bool relu_after = act == Act::None && layers.is<ReLUImpl>(2), relu = act == Act::Relu || relu_after;
  result = autograd::conv2d_max_pool2d(x, conv.weight, conv.bias, args, arguments(pool->options), relu);
  return relu ? 3 : 2;
}

size_t fuse_act(const Layers& layers, const Tensor& x, bool spent, Tensor& result) {
  const Act act = layers.act(0);
  if (!spent || act == Act::None) return 0;
  result = autograd::act_on_spent(act, x);
  return 1;
}

size_t fuse_pool(const Layers& layers, const Tensor& x, bool spent, Tensor& result) {
  const bool relu_first = layers.is<ReLUImpl>(0);
  const auto* pool = relu_first ? layers.pool_behind_relu(1) : layers.as<MaxPool2dImpl>(0);
  if (!pool || !(relu_first || layers.is<ReLUImpl>(1))) return fuse_act(layers, x, spent, result);
  result = autograd::max_pool2d_relu(x, arguments(pool->options));
  return 2;
}

}  // namespace

size_t forward_fused(std::span<const AnyModule> layers, const Tensor& x, bool spent, Tensor& result) {
  if (autograd::AnomalyMode::is_enabled()) return 0;
  const Layers l = layers;
  if (l.in_place(0)) return 0;  // another owner of x must see it change
  try {
    if (const auto* conv = l.as<Conv2dImpl>(0)) return fuse_conv(l, *conv, x, result);
    return fuse_pool(l, x, spent, result);
  } catch (const Error&) {
    return 0;  // called by itself, the failing layer adds its name to the error
  }
}

}  // namespace weft::nn
