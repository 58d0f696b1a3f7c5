// Transformer, and its encoder and decoder of several layers.
#pragma once

#include "weft/nn/any.h"
#include "weft/nn/container.h"
#include "weft/nn/transformer_layer.h"

namespace weft::nn {

/// num_layers copies of encoder_layer, then `norm` if it is not empty.
struct TransformerEncoderOptions {
  TransformerEncoderOptions(TransformerEncoderLayer encoder_layer, int64_t num_layers)
      : encoder_layer_(std::move(encoder_layer)), num_layers_(num_layers) {}
  TransformerEncoderOptions(const TransformerEncoderLayerOptions& layer, int64_t num_layers)
      : TransformerEncoderOptions(TransformerEncoderLayer(layer), num_layers) {}
  WEFT_ARG(TransformerEncoderLayer, encoder_layer) = nullptr;
  WEFT_ARG(int64_t, num_layers);
  WEFT_ARG(AnyModule, norm);
};
struct TransformerDecoderOptions {
  TransformerDecoderOptions(TransformerDecoderLayer decoder_layer, int64_t num_layers)
      : decoder_layer_(std::move(decoder_layer)), num_layers_(num_layers) {}
  TransformerDecoderOptions(const TransformerDecoderLayerOptions& layer, int64_t num_layers)
      : TransformerDecoderOptions(TransformerDecoderLayer(layer), num_layers) {}
  WEFT_ARG(TransformerDecoderLayer, decoder_layer) = nullptr;
  WEFT_ARG(int64_t, num_layers);
  WEFT_ARG(AnyModule, norm);
};

/// forward: src [T, B, d_model] -> the same sizes; masks as in MultiheadAttention. Throws ValueError for less than one
/// layer.
class TransformerEncoderImpl : public Layer<TransformerEncoderImpl> {
 public:
  TransformerEncoderImpl(const TransformerEncoderLayer& encoder_layer, int64_t num_layers)
      : TransformerEncoderImpl(TransformerEncoderOptions(encoder_layer, num_layers)) {}
  explicit TransformerEncoderImpl(TransformerEncoderOptions options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});

  TransformerEncoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
WEFT_LAYER(TransformerEncoder);

/// forward: tgt [T, B, d_model], memory [S, B, d_model] -> [T, B, d_model].
class TransformerDecoderImpl : public Layer<TransformerDecoderImpl> {
 public:
  TransformerDecoderImpl(const TransformerDecoderLayer& decoder_layer, int64_t num_layers)
      : TransformerDecoderImpl(TransformerDecoderOptions(decoder_layer, num_layers)) {}
  explicit TransformerDecoderImpl(TransformerDecoderOptions options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});

  TransformerDecoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
WEFT_LAYER(TransformerDecoder);

/// custom_encoder and custom_decoder replace those made from the other options; their forward takes the arguments of
/// TransformerEncoder's and TransformerDecoder's.
struct TransformerOptions {
  TransformerOptions() = default;
  TransformerOptions(int64_t d_model, int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
  TransformerOptions(int64_t d_model, int64_t nhead, int64_t num_encoder_layers, int64_t num_decoder_layers)
      : d_model_(d_model),
        nhead_(nhead),
        num_encoder_layers_(num_encoder_layers),
        num_decoder_layers_(num_decoder_layers) {}
  WEFT_ARG(int64_t, d_model) = 512;
  WEFT_ARG(int64_t, nhead) = 8;
  WEFT_ARG(int64_t, num_encoder_layers) = 6;
  WEFT_ARG(int64_t, num_decoder_layers) = 6;
  WEFT_ARG(int64_t, dim_feedforward) = 2048;
  WEFT_ARG(double, dropout) = 0.1;
  WEFT_ARG(TransformerActivation, activation) = kReLU;
  WEFT_ARG(AnyModule, custom_encoder);
  WEFT_ARG(AnyModule, custom_decoder);
  WEFT_ARG(bool, batch_first) = false;
  WEFT_ARG(bool, norm_first) = false;
};

/// decoder(tgt, encoder(src)). forward: src [S, B, d_model], tgt [T, B, d_model] -> [T, B, d_model]. All matrices are
/// initialised by xavier_uniform_. Vaswani et al. 2017.
class TransformerImpl : public Layer<TransformerImpl> {
 public:
  explicit TransformerImpl(TransformerOptions options = {});
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask = {}, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& src_key_padding_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  /// [sz, sz]: 0 where j <= i, minus infinity above: the mask of a causal model.
  static Tensor generate_square_subsequent_mask(int64_t sz);

  TransformerOptions options;
  AnyModule encoder, decoder;
};
WEFT_LAYER(Transformer);

}  // namespace weft::nn
