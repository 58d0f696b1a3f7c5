// MultiheadAttention, and attention as a function.
#pragma once

#include "weft/autograd/attention.h"
#include "weft/nn/linear.h"

namespace weft::nn {

/// kdim and vdim: features of key and value, embed_dim by default. add_bias_kv appends a learned key and value,
/// add_zero_attn one of zeros. batch_first: sequences are [B, T, E] instead of [T, B, E].
struct MultiheadAttentionOptions {
  MultiheadAttentionOptions(int64_t embed_dim, int64_t num_heads)
      : embed_dim_(embed_dim), num_heads_(num_heads), kdim_(embed_dim), vdim_(embed_dim) {}
  WEFT_ARG(int64_t, embed_dim);
  WEFT_ARG(int64_t, num_heads);
  WEFT_ARG(double, dropout) = 0.0;
  WEFT_ARG(bool, bias) = true;
  WEFT_ARG(bool, add_bias_kv) = false;
  WEFT_ARG(bool, add_zero_attn) = false;
  WEFT_ARG(int64_t, kdim);
  WEFT_ARG(int64_t, vdim);
  WEFT_ARG(bool, batch_first) = false;
};

namespace functional {
using weft::scaled_dot_product_attention;
}

/// Attention of several heads, each of embed_dim / num_heads features, of projected queries, keys and values.
/// Parameters: in_proj_weight [3 E, E] (or q_proj_weight [E, E], k_proj_weight [E, kdim], v_proj_weight [E, vdim]),
/// in_proj_bias [3 E], out_proj, bias_k and bias_v [1, 1, E]. Throws ValueError unless num_heads divides embed_dim.
class MultiheadAttentionImpl : public Layer<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads)
      : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& options);
  void reset() override;
  void _reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// query [L, B, E], key [S, B, kdim], value [S, B, vdim] -> {[L, B, E], weights}. key_padding_mask [B, S]: true, or
  /// what is added, for keys to ignore. attn_mask [L, S] or [B heads, L, S]: true for pairs to ignore, or added to the
  /// scores. weights [B, L, S] are averages over heads, or [B, heads, L, S]; undefined without need_weights, and then
  /// the fused attention computes.
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const Tensor& key_padding_mask = {}, bool need_weights = true,
                                     const Tensor& attn_mask = {}, bool average_attn_weights = true);

  MultiheadAttentionOptions options;
  bool _qkv_same_embed_dim = true;
  Tensor in_proj_weight, in_proj_bias, bias_k, bias_v, q_proj_weight, k_proj_weight, v_proj_weight;
  Linear out_proj = nullptr;
  int64_t head_dim = 0;

 private:
  std::tuple<Tensor, Tensor> attend(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& padding,
                                    bool need_weights, const Tensor& attn_mask, bool average);
  TensorList project(const Tensor& query, const Tensor& key, const Tensor& value) const;
  void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const;
  Tensor joint_mask(const Tensor& attn_mask, const Tensor& padding, int64_t batch, int64_t queries, int64_t keys,
                    int64_t extra, Dtype dtype) const;
};
WEFT_LAYER(MultiheadAttention);

}  // namespace weft::nn
