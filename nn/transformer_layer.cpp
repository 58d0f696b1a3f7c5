#include "weft/nn/transformer_layer.h"

namespace weft::nn {
namespace {

Tensor gelu_of(const Tensor& x) { return weft::gelu(x); }
Tensor relu_of(const Tensor& x) { return x.relu(); }

MultiheadAttention attention_of(const TransformerEncoderLayerOptions& o) {
  return MultiheadAttention(
      MultiheadAttentionOptions(o.d_model(), o.nhead()).dropout(o.dropout()).batch_first(o.batch_first()));
}
LayerNorm norm_of(const TransformerEncoderLayerOptions& o) { return LayerNorm(LayerNormOptions({o.d_model()})); }

/// x + part(norm(x)), or norm(x + part(x)).
template <class Part>
Tensor added(bool norm_first, LayerNorm& norm, const Tensor& x, const Part& part) {
  return norm_first ? x + part(norm(x)) : norm(x + part(x));
}

}  // namespace

TransformerActivation::TransformerActivation(enumtype::kReLU) : function(relu_of) {}
TransformerActivation::TransformerActivation(enumtype::kGELU) : function(gelu_of) {}
TransformerActivation::TransformerActivation(std::string_view name) : function(name == "gelu" ? gelu_of : relu_of) {
  check<ValueError>(name == "gelu" || name == "relu", "[Transformer] activation must be relu or gelu, got {}", name);
}

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions& options)
    : options(options) {
  reset();
}

void TransformerEncoderLayerImpl::reset() {
  const auto& o = options;
  self_attn = register_module("self_attn", attention_of(o));
  linear1 = register_module("linear1", Linear(o.d_model(), o.dim_feedforward()));
  dropout = register_module("dropout", Dropout(o.dropout()));
  linear2 = register_module("linear2", Linear(o.dim_feedforward(), o.d_model()));
  norm1 = register_module("norm1", norm_of(o));
  norm2 = register_module("norm2", norm_of(o));
  dropout1 = register_module("dropout1", Dropout(o.dropout()));
  dropout2 = register_module("dropout2", Dropout(o.dropout()));
}

void TransformerEncoderLayerImpl::reset_parameters() {
  self_attn->_reset_parameters();
  linear1->reset_parameters();
  linear2->reset_parameters();
  norm1->reset_parameters();
  norm2->reset_parameters();
}

Tensor TransformerEncoderLayerImpl::forward(const Tensor& src, const Tensor& src_mask,
                                            const Tensor& src_key_padding_mask) {
  return run(
      [&](const Tensor& in) {
        const bool first = options.norm_first();
        const Tensor x = added(first, norm1, in, [&](const Tensor& t) {
          return dropout1(std::get<0>(self_attn(t, t, t, src_key_padding_mask, false, src_mask)));
        });
        return added(first, norm2, x, [&](const Tensor& t) {
          return dropout2(linear2(dropout(options.activation().function(linear1(t)))));
        });
      },
      src);
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(const TransformerDecoderLayerOptions& options)
    : options(options) {
  reset();
}

void TransformerDecoderLayerImpl::reset() {
  const auto& o = options;
  self_attn = register_module("self_attn", attention_of(o));
  dropout1 = register_module("dropout1", Dropout(o.dropout()));
  norm1 = register_module("norm1", norm_of(o));
  multihead_attn = register_module("multihead_attn", attention_of(o));
  dropout2 = register_module("dropout2", Dropout(o.dropout()));
  norm2 = register_module("norm2", norm_of(o));
  linear1 = register_module("linear1", Linear(o.d_model(), o.dim_feedforward()));
  dropout = register_module("dropout", Dropout(o.dropout()));
  linear2 = register_module("linear2", Linear(o.dim_feedforward(), o.d_model()));
  dropout3 = register_module("dropout3", Dropout(o.dropout()));
  norm3 = register_module("norm3", norm_of(o));
}

void TransformerDecoderLayerImpl::reset_parameters() {
  self_attn->_reset_parameters();
  multihead_attn->_reset_parameters();
  linear1->reset_parameters();
  linear2->reset_parameters();
  norm1->reset_parameters();
  norm2->reset_parameters();
  norm3->reset_parameters();
}

Tensor TransformerDecoderLayerImpl::forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask,
                                            const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                            const Tensor& memory_key_padding_mask) {
  return run(
      [&](const Tensor& in, const Tensor& encoded) {
        const bool first = options.norm_first();
        Tensor x = added(first, norm1, in, [&](const Tensor& t) {
          return dropout1(std::get<0>(self_attn(t, t, t, tgt_key_padding_mask, false, tgt_mask)));
        });
        x = added(first, norm2, x, [&](const Tensor& t) {
          return dropout2(
              std::get<0>(multihead_attn(t, encoded, encoded, memory_key_padding_mask, false, memory_mask)));
        });
        return added(first, norm3, x, [&](const Tensor& t) {
          return dropout3(linear2(dropout(options.activation().function(linear1(t)))));
        });
      },
      tgt, memory);
}

template class Cloneable<TransformerEncoderLayerImpl>;
template class Cloneable<TransformerDecoderLayerImpl>;

}  // namespace weft::nn
