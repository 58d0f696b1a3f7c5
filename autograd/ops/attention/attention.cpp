#include "weft/tensor/kernels/attention/attention.h"

#include <cmath>
#include <limits>

#include "weft/autograd/attention.h"
#include "weft/autograd/composed.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"
#include "weft/tensor/shape.h"

namespace weft {
namespace {

using autograd::Grads;
using autograd::saved;
using kernel::AttentionOptions;

constexpr const char* kAttention = "scaled_dot_product_attention";
constexpr double kMasked = -std::numeric_limits<double>::infinity();

/// In differentiable ops: q [B, H, L, E], k [B, H, S, E], v [B, H, S, D], mask added to [B, H, L, S] or undefined.
Tensor attention_by_ops(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                        const AttentionOptions& o) {
  Tensor scores = q.matmul(k.transpose(-2, -1)) * o.scale;
  if (mask.defined()) scores = scores + mask;
  if (o.causal) {
    const Tensor allowed = ones({q.size(2), k.size(2)}, kBool).tril();
    scores = scores.masked_fill(allowed.logical_not(), kMasked);
  }
  // A query without keys would be 0 / 0.
  const Tensor alone = scores.detach().eq(kMasked).all(-1, true);
  Tensor weights = scores.masked_fill(alone, 0).softmax(-1).masked_fill(alone, 0);
  if (o.dropout > 0) weights = weights * kernel::attention_dropout(weights.sizes(), o).to(weights.dtype());
  return weights.matmul(v);
}

Tensor with_consecutive_rows(const Tensor& t) {
  const Tensor d = t.detach();
  return d.stride(-1) == 1 && d.stride(-2) >= d.size(-1) ? d : d.contiguous();
}

/// One recorded op of float32 tensors of four dimensions.
Tensor fused_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                       const AttentionOptions& o) {
  const Tensor dq = with_consecutive_rows(q), dk = with_consecutive_rows(k), dv = with_consecutive_rows(v);
  Tensor lse;
  Tensor out = kernel::attention(dq, dk, dv, mask, o, lse);
  if (!autograd::records({q, k, v})) return out;
  auto rule = [q = saved(q), k = saved(k), v = saved(v), dq, dk, dv, mask, o, lse, y = saved(out.detach())](
                  const Tensor& g, Grads& grads) {
    const TensorList in{q, k, v};  // throws if one was changed in place
    if (GradMode::is_enabled()) {
      const std::array<Tensor, 1> given{g};
      return autograd::composed_gradients(given, grads, in, [&](const TensorList& t) {
        return TensorList{attention_by_ops(t[0], t[1], t[2], mask, o)};
      });
    }
    const auto d = kernel::attention_grad(with_consecutive_rows(g), dq, dk, dv, mask, o, y, lse);
    if (grads.needs(0)) grads[0] = d.q;
    if (grads.needs(1)) grads[1] = d.k;
    if (grads.needs(2)) grads[2] = d.v;
  };
  return autograd::record_joint(
      autograd::op(kAttention, "scale", o.scale, "is_causal", o.causal, "dropout_p", o.dropout), out, {q, k, v},
      std::move(rule));
}

/// [*, L, E] -> [B, H, L, E], its leading dimensions broadcast to `lead`.
Tensor as_heads(const Tensor& t, const Dims& lead) {
  Dims sizes = lead;
  sizes.push_back(t.size(-2));
  sizes.push_back(t.size(-1));
  Tensor x = t.sizes() == IntArrayRef(sizes) ? t : t.expand(sizes);
  while (x.dim() < 4) x = x.unsqueeze(0);
  return x.dim() == 4 ? x : x.flatten(0, x.dim() - 4);
}

Dims leading(const Tensor& t) { return IntArrayRef(t.sizes().begin(), t.sizes().size() - 2); }

/// The mask as a tensor that is added: [*, L, S] with S consecutive.
Tensor added_mask(const Tensor& mask, Dtype dtype, int64_t queries, int64_t keys) {
  if (!mask.defined()) return mask;
  check<DtypeError>(mask.dtype() == kBool || mask.is_floating_point(),
                    "[{}] attn_mask must be bool or floating point, got {}", kAttention, mask.dtype());
  Tensor m = mask;
  if (m.dtype() == kBool) m = zeros(m.sizes(), dtype).masked_fill(m.logical_not(), kMasked);
  m = m.to(dtype);
  while (m.dim() < 2) m = m.unsqueeze(0);
  const bool fits = (m.size(-2) == queries || m.size(-2) == 1) && (m.size(-1) == keys || m.size(-1) == 1);
  check<ShapeError>(fits, "[{}] attn_mask must broadcast to [{}, {}], got {}", kAttention, queries, keys, mask.sizes());
  Dims sizes = m.sizes();
  sizes[sizes.size() - 1] = keys;
  m = m.expand(sizes).contiguous();
  sizes[sizes.size() - 2] = queries;
  return m.expand(sizes);
}

void check_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, double dropout,
                     bool causal) {
  require_floating_point(kAttention, q.dtype());
  check<DtypeError>(q.dtype() == k.dtype() && q.dtype() == v.dtype(), "[{}] query is {}, key {}, value {}", kAttention,
                    q.dtype(), k.dtype(), v.dtype());
  check<ShapeError>(
      q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2 && q.size(-1) == k.size(-1) && k.size(-2) == v.size(-2),
      "[{}] expected query [*, L, E], key [*, S, E], value [*, S, D], got {}, {} and {}", kAttention, q.sizes(),
      k.sizes(), v.sizes());
  check<ValueError>(dropout >= 0 && dropout <= 1, "[{}] dropout_p must be between 0 and 1, got {}", kAttention,
                    dropout);
  check<ValueError>(!causal || !mask.defined(), "[{}] attn_mask and is_causal exclude each other", kAttention);
}

/// Heads of keys repeated for the groups of query heads.
Tensor repeated_heads(const Tensor& t, const Tensor& query) {
  check<ShapeError>(t.dim() >= 3 && query.dim() >= 3 && t.size(-3) > 0 && query.size(-3) % t.size(-3) == 0,
                    "[{}] the heads of key and value must divide those of query, got {} and {}", kAttention, t.sizes(),
                    query.sizes());
  return t.repeat_interleave(query.size(-3) / t.size(-3), t.dim() - 3);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key_in, const Tensor& value_in,
                                    const Tensor& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale, bool enable_gqa) {
  check_attention(query, key_in, value_in, attn_mask, dropout_p, is_causal);
  const Tensor key = enable_gqa ? repeated_heads(key_in, query) : key_in;
  const Tensor value = enable_gqa ? repeated_heads(value_in, query) : value_in;
  const int64_t queries = query.size(-2), keys = key.size(-2), width = query.size(-1);
  Tensor mask = added_mask(attn_mask, query.dtype(), queries, keys);
  Dims lead = broadcast_sizes(kAttention, broadcast_sizes(kAttention, leading(query), leading(key)), leading(value));
  if (mask.defined()) lead = broadcast_sizes(kAttention, lead, leading(mask));
  const Tensor q = as_heads(query, lead), k = as_heads(key, lead), v = as_heads(value, lead);
  if (mask.defined()) mask = as_heads(mask, lead);

  AttentionOptions o{scale.value_or(width ? 1 / std::sqrt(static_cast<double>(width)) : 1), is_causal, dropout_p};
  if (dropout_p > 0) {
    Generator& generator = default_generator();
    std::lock_guard lock(generator.mutex());
    o.seed = generator.initial_seed(), o.stream = generator.next_stream();
  }
  const bool fused = q.dtype() == kFloat32 && !autograd::needs(mask) && q.numel() > 0 && k.numel() > 0 && v.numel() > 0;
  const Tensor out = fused ? fused_attention(q, k, v, mask, o) : attention_by_ops(q, k, v, mask, o);
  Dims sizes = lead;
  sizes.push_back(queries);
  sizes.push_back(value.size(-1));
  return out.sizes() == IntArrayRef(sizes) ? out : out.reshape(sizes);
}

}  // namespace weft
