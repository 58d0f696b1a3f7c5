#include "weft/nn/attention.h"

#include <cmath>
#include <limits>
#include <ostream>

#include "weft/autograd/functions.h"
#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

/// A mask of pairs to ignore as values to add.
Tensor as_added(const Tensor& mask, Dtype dtype) {
  check<DtypeError>(mask.dtype() == kBool || mask.is_floating_point(),
                    "[MultiheadAttention] masks must be bool or floating point, got {}", mask.dtype());
  if (mask.dtype() != kBool) return mask.to(dtype);
  return zeros(mask.sizes(), dtype).masked_fill(mask, -std::numeric_limits<double>::infinity());
}

/// [B, T, E] -> [B, heads, T, E / heads]
Tensor split_heads(const Tensor& x, int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
}

/// One more element, `rows`, after those of dimension 1.
Tensor appended(const Tensor& x, const Tensor& row) { return cat({x, row.expand({x.size(0), 1, x.size(2)})}, 1); }

}  // namespace

MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& options) : options(options) { reset(); }

void MultiheadAttentionImpl::reset() {
  const auto& o = options;
  const int64_t e = o.embed_dim();
  check<ValueError>(e > 0 && o.num_heads() > 0 && e % o.num_heads() == 0,
                    "[MultiheadAttention] num_heads {} must divide embed_dim {}", o.num_heads(), e);
  check<ValueError>(o.dropout() >= 0 && o.dropout() <= 1,
                    "[MultiheadAttention] dropout must be between 0 and 1, got {}", o.dropout());
  head_dim = e / o.num_heads();
  _qkv_same_embed_dim = o.kdim() == e && o.vdim() == e;
  if (_qkv_same_embed_dim) {
    in_proj_weight = register_parameter("in_proj_weight", empty({3 * e, e}));
  } else {
    q_proj_weight = register_parameter("q_proj_weight", empty({e, e}));
    k_proj_weight = register_parameter("k_proj_weight", empty({e, o.kdim()}));
    v_proj_weight = register_parameter("v_proj_weight", empty({e, o.vdim()}));
  }
  in_proj_bias = register_parameter("in_proj_bias", o.bias() ? empty({3 * e}) : Tensor(), o.bias());
  out_proj = register_module("out_proj", Linear(LinearOptions(e, e).bias(o.bias())));
  const bool kv = o.add_bias_kv();
  bias_k = register_parameter("bias_k", kv ? empty({1, 1, e}) : Tensor(), kv);
  bias_v = register_parameter("bias_v", kv ? empty({1, 1, e}) : Tensor(), kv);
  _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor& w : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight})
    if (w.defined()) init::xavier_uniform_(w);
  if (in_proj_bias.defined()) {
    init::zeros_(in_proj_bias);
    init::zeros_(out_proj->bias);
  }
  for (const Tensor& b : {bias_k, bias_v})
    if (b.defined()) init::xavier_normal_(b);
}

void MultiheadAttentionImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "weft::nn::MultiheadAttention(embed_dim=" << options.embed_dim()
      << ", num_heads=" << options.num_heads() << ", dropout=" << options.dropout() << ", bias=" << options.bias()
      << ")";
}

void MultiheadAttentionImpl::check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const {
  const auto fits = [](const Tensor& t, int64_t features) { return t.dim() == 3 && t.size(2) == features; };
  check<ShapeError>(
      fits(query, options.embed_dim()) && fits(key, options.kdim()) && fits(value, options.vdim()) &&
          query.size(1) == key.size(1) && key.size(0) == value.size(0) && key.size(1) == value.size(1),
      "[MultiheadAttention] expected query [L, B, {}], key [S, B, {}], value [S, B, {}], got {}, {} and {}",
      options.embed_dim(), options.kdim(), options.vdim(), query.sizes(), key.sizes(), value.sizes());
}

/// {q, k, v} as [B, T, E].
TensorList MultiheadAttentionImpl::project(const Tensor& query, const Tensor& key, const Tensor& value) const {
  const int64_t e = options.embed_dim();
  if (_qkv_same_embed_dim && query.is_same(key) && key.is_same(value)) {
    const Tensor all = linear(query.transpose(0, 1), in_proj_weight, in_proj_bias);
    return all.chunk(3, 2);
  }
  TensorList w{q_proj_weight, k_proj_weight, v_proj_weight};
  if (_qkv_same_embed_dim)
    for (int64_t i = 0; i < 3; ++i) w[static_cast<size_t>(i)] = in_proj_weight.narrow(0, i * e, e);
  const Tensor* in[] = {&query, &key, &value};
  TensorList made;
  for (int64_t i = 0; i < 3; ++i)
    made.push_back(linear(in[i]->transpose(0, 1), w[static_cast<size_t>(i)],
                          in_proj_bias.defined() ? in_proj_bias.narrow(0, i * e, e) : Tensor()));
  return made;
}

/// Both masks as values to add, [B or 1, heads or 1, L or 1, keys + extra]; undefined without masks.
Tensor MultiheadAttentionImpl::joint_mask(const Tensor& attn_mask, const Tensor& padding, int64_t batch,
                                          int64_t queries, int64_t keys, int64_t extra, Dtype dtype) const {
  const int64_t heads = options.num_heads();
  Tensor mask;
  if (attn_mask.defined()) {
    const bool shared = attn_mask.sizes() == IntArrayRef({queries, keys});
    check<ShapeError>(shared || attn_mask.sizes() == IntArrayRef({batch * heads, queries, keys}),
                      "[MultiheadAttention] attn_mask must be [{}, {}] or [{}, {}, {}], got {}", queries, keys,
                      batch * heads, queries, keys, attn_mask.sizes());
    mask = as_added(attn_mask, dtype).reshape({shared ? 1 : batch, shared ? 1 : heads, queries, keys});
  }
  if (padding.defined()) {
    check<ShapeError>(padding.sizes() == IntArrayRef({batch, keys}),
                      "[MultiheadAttention] key_padding_mask must be [{}, {}], got {}", batch, keys, padding.sizes());
    const Tensor added = as_added(padding, dtype).reshape({batch, 1, 1, keys});
    mask = mask.defined() ? mask + added : added;
  }
  if (!mask.defined() || extra == 0) return mask;
  Dims sizes = mask.sizes();
  sizes[3] = extra;
  return cat({mask, zeros(sizes, dtype)}, 3);
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::attend(const Tensor& query, const Tensor& key, const Tensor& value,
                                                          const Tensor& padding, bool need_weights,
                                                          const Tensor& attn_mask, bool average) {
  check_inputs(query, key, value);
  const int64_t e = options.embed_dim(), heads = options.num_heads(), batch = query.size(1);
  TensorList qkv = project(query, key, value);
  Tensor &k = qkv[1], &v = qkv[2];
  if (bias_k.defined()) k = appended(k, bias_k), v = appended(v, bias_v);
  if (options.add_zero_attn()) {
    const Tensor zero = zeros({1, 1, e}, k.dtype());
    k = appended(k, zero), v = appended(v, zero);
  }
  const Tensor mask =
      joint_mask(attn_mask, padding, batch, query.size(0), key.size(0), k.size(1) - key.size(0), query.dtype());
  const double p = is_training() ? options.dropout() : 0;
  for (Tensor& t : qkv) t = split_heads(t, heads);
  Tensor out, weights;
  if (need_weights) {
    const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
    Tensor scores = (qkv[0] * scale).matmul(k.transpose(2, 3));
    weights = (mask.defined() ? scores + mask : scores).softmax(-1);
    weights = dropout(weights, p, p > 0);
    out = weights.matmul(v);
    if (average) weights = weights.mean(1);
  } else {
    out = scaled_dot_product_attention(qkv[0], k, v, mask, p);
  }
  out = out.transpose(1, 2).flatten(2);  // [B, L, E]
  return {out_proj->forward(out).transpose(0, 1), weights};
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                           const Tensor& key_padding_mask, bool need_weights,
                                                           const Tensor& attn_mask, bool average_attn_weights) {
  return run(
      [&](const Tensor& q, const Tensor& k, const Tensor& v) {
        if (!options.batch_first())
          return attend(q, k, v, key_padding_mask, need_weights, attn_mask, average_attn_weights);
        check<ShapeError>(q.dim() == 3 && k.dim() == 3 && v.dim() == 3,
                          "[MultiheadAttention] expected inputs [B, T, features], got {}, {} and {}", q.sizes(),
                          k.sizes(), v.sizes());
        const Tensor x = q.transpose(0, 1), y = k.is_same(q) ? x : k.transpose(0, 1);
        const Tensor z = v.is_same(k) ? y : v.transpose(0, 1);
        auto [out, weights] = attend(x, y, z, key_padding_mask, need_weights, attn_mask, average_attn_weights);
        return std::make_tuple(out.transpose(0, 1), weights);
      },
      query, key, value);
}

template class Cloneable<MultiheadAttentionImpl>;

}  // namespace weft::nn
