// The layers of a Transformer's encoder and decoder.
#pragma once

#include <functional>

#include "weft/nn/attention.h"
#include "weft/nn/dropout.h"
#include "weft/nn/normalization.h"

namespace weft::nn {

/// The function between the two linear layers: kReLU, kGELU, "relu", "gelu", or a function.
struct TransformerActivation {
  TransformerActivation(enumtype::kReLU);  // NOLINT
  TransformerActivation(enumtype::kGELU);  // NOLINT
  /// Throws ValueError for any other name.
  TransformerActivation(std::string_view name);                                               // NOLINT
  TransformerActivation(const char* name) : TransformerActivation(std::string_view(name)) {}  // NOLINT
  TransformerActivation(std::function<Tensor(const Tensor&)> f) : function(std::move(f)) {}   // NOLINT
  std::function<Tensor(const Tensor&)> function;
};

/// norm_first normalises before each part instead of after its addition; batch_first: sequences are [B, T, d_model].
struct TransformerEncoderLayerOptions {
  TransformerEncoderLayerOptions(int64_t d_model, int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
  WEFT_ARG(int64_t, d_model);
  WEFT_ARG(int64_t, nhead);
  WEFT_ARG(int64_t, dim_feedforward) = 2048;
  WEFT_ARG(double, dropout) = 0.1;
  WEFT_ARG(TransformerActivation, activation) = kReLU;
  WEFT_ARG(bool, batch_first) = false;
  WEFT_ARG(bool, norm_first) = false;
};
using TransformerDecoderLayerOptions = TransformerEncoderLayerOptions;

/// x = norm1(x + attention(x)); x = norm2(x + linear2(activation(linear1(x)))). forward: src [T, B, d_model] -> the
/// same sizes; masks as in MultiheadAttention. Vaswani et al. 2017.
class TransformerEncoderLayerImpl : public Layer<TransformerEncoderLayerImpl> {
 public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead)
      : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, nhead)) {}
  explicit TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});

  TransformerEncoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Linear linear1 = nullptr, linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr;
  Dropout dropout = nullptr, dropout1 = nullptr, dropout2 = nullptr;
};
WEFT_LAYER(TransformerEncoderLayer);

/// The same with attention to the encoder's output, `memory`, between: forward: tgt [T, B, d_model], memory [S, B,
/// d_model] -> [T, B, d_model].
class TransformerDecoderLayerImpl : public Layer<TransformerDecoderLayerImpl> {
 public:
  TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead)
      : TransformerDecoderLayerImpl(TransformerDecoderLayerOptions(d_model, nhead)) {}
  explicit TransformerDecoderLayerImpl(const TransformerDecoderLayerOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});

  TransformerDecoderLayerOptions options;
  MultiheadAttention self_attn = nullptr, multihead_attn = nullptr;
  Linear linear1 = nullptr, linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr, norm3 = nullptr;
  Dropout dropout = nullptr, dropout1 = nullptr, dropout2 = nullptr, dropout3 = nullptr;
};
WEFT_LAYER(TransformerDecoderLayer);

}  // namespace weft::nn
