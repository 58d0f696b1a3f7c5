// Scaled dot-product attention.
#pragma once

#include <optional>

#include "weft/tensor/tensor.h"

namespace weft {

/// softmax(scale query key^T + mask) value: query [*, L, E], key [*, S, E], value [*, S, D] -> [*, L, D]; the leading
/// dimensions broadcast. attn_mask broadcasts to [*, L, S]: bool (true: query i reads key j) or floating point, added
/// to the scores. is_causal: query i reads keys 0 to i. scale defaults to 1 / sqrt(E). dropout_p drops weights, always;
/// its mask follows from the generator's state. enable_gqa: key and value have fewer heads (dimension -3), each of
/// which serves a group of query heads. A query that reads no key gives 0. In float32 the weights are never stored: one
/// fused op by blocks; for float64, a mask that requires a gradient, and derivatives of gradients, it is composed of
/// ops. Throws ShapeError, DtypeError, and ValueError for attn_mask together with is_causal. Vaswani et al. 2017.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask = {}, double dropout_p = 0.0, bool is_causal = false,
                                    std::optional<double> scale = std::nullopt, bool enable_gqa = false);

}  // namespace weft
