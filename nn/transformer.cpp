#include "weft/nn/transformer.h"

#include <limits>

#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

/// Copies of a layer as a list.
template <class Holder>
ModuleList copies_of(const char* name, const Holder& layer, int64_t count) {
  check<ValueError>(!layer.is_empty(), "[{}] the layer is empty", name);
  check<ValueError>(count > 0, "[{}] num_layers must be positive, got {}", name, count);
  ModuleList list;
  for (int64_t i = 0; i < count; ++i) list->push_back(layer->clone());
  return list;
}

}  // namespace

TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderOptions options) : options(std::move(options)) {
  reset();
}

void TransformerEncoderImpl::reset() {
  layers = register_module("layers", copies_of("TransformerEncoder", options.encoder_layer(), options.num_layers()));
  if (options.norm().is_empty()) return;
  norm = options.norm().clone();
  register_module("norm", norm.ptr());
}

void TransformerEncoderImpl::reset_parameters() {
  for (const auto& layer : *layers) layer->as<TransformerEncoderLayer>()->reset_parameters();
}

Tensor TransformerEncoderImpl::forward(const Tensor& src, const Tensor& src_mask, const Tensor& src_key_padding_mask) {
  return run(
      [&](Tensor x) {
        for (const auto& layer : *layers)
          x = layer->as<TransformerEncoderLayer>()->forward(x, src_mask, src_key_padding_mask);
        return norm.is_empty() ? x : norm.forward(x);
      },
      src);
}

TransformerDecoderImpl::TransformerDecoderImpl(TransformerDecoderOptions options) : options(std::move(options)) {
  reset();
}

void TransformerDecoderImpl::reset() {
  layers = register_module("layers", copies_of("TransformerDecoder", options.decoder_layer(), options.num_layers()));
  if (options.norm().is_empty()) return;
  norm = options.norm().clone();
  register_module("norm", norm.ptr());
}

void TransformerDecoderImpl::reset_parameters() {
  for (const auto& layer : *layers) layer->as<TransformerDecoderLayer>()->reset_parameters();
}

Tensor TransformerDecoderImpl::forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask,
                                       const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                       const Tensor& memory_key_padding_mask) {
  return run(
      [&](Tensor x, const Tensor& encoded) {
        for (const auto& layer : *layers)
          x = layer->as<TransformerDecoderLayer>()->forward(x, encoded, tgt_mask, memory_mask, tgt_key_padding_mask,
                                                            memory_key_padding_mask);
        return norm.is_empty() ? x : norm.forward(x);
      },
      tgt, memory);
}

TransformerImpl::TransformerImpl(TransformerOptions options) : options(std::move(options)) { reset(); }

void TransformerImpl::reset() {
  const auto& o = options;
  TransformerEncoderLayerOptions layer(o.d_model(), o.nhead());
  layer.dim_feedforward(o.dim_feedforward()).dropout(o.dropout()).activation(o.activation());
  layer.batch_first(o.batch_first()).norm_first(o.norm_first());
  const auto norm = [&] { return AnyModule(LayerNorm(LayerNormOptions({o.d_model()}))); };
  encoder = o.custom_encoder().is_empty()
                ? AnyModule(TransformerEncoder(TransformerEncoderOptions(layer, o.num_encoder_layers()).norm(norm())))
                : o.custom_encoder().clone();
  decoder = o.custom_decoder().is_empty()
                ? AnyModule(TransformerDecoder(
                      TransformerDecoderOptions(TransformerDecoderLayer(layer), o.num_decoder_layers()).norm(norm())))
                : o.custom_decoder().clone();
  register_module("encoder", encoder.ptr());
  register_module("decoder", decoder.ptr());
  reset_parameters();
}

void TransformerImpl::reset_parameters() {
  for (const Tensor& t : parameters())
    if (t.dim() > 1) init::xavier_uniform_(t);
}

Tensor TransformerImpl::forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask, const Tensor& tgt_mask,
                                const Tensor& memory_mask, const Tensor& src_key_padding_mask,
                                const Tensor& tgt_key_padding_mask, const Tensor& memory_key_padding_mask) {
  const auto body = [&](const Tensor& s, const Tensor& t) -> Tensor {
    const int64_t batch = options.batch_first() ? 0 : 1;
    check<ShapeError>(s.dim() == 3 && t.dim() == 3 && s.size(batch) == t.size(batch) &&
                          s.size(2) == options.d_model() && t.size(2) == options.d_model(),
                      "[Transformer] src and tgt must be of one batch and {} features, got {} and {}",
                      options.d_model(), s.sizes(), t.sizes());
    const Tensor memory = encoder.forward(s, src_mask, src_key_padding_mask);
    return decoder.forward(t, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask);
  };
  return run(body, src, tgt);
}

Tensor TransformerImpl::generate_square_subsequent_mask(int64_t sz) {
  check<ValueError>(sz >= 0, "[Transformer] the size of a mask must not be negative, got {}", sz);
  return full({sz, sz}, -std::numeric_limits<double>::infinity(), kFloat32).triu(1);
}

template class Cloneable<TransformerEncoderImpl>;
template class Cloneable<TransformerDecoderImpl>;
template class Cloneable<TransformerImpl>;

}  // namespace weft::nn
