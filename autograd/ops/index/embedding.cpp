// embedding: rows of a table by index.
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/shape.h"

namespace weft {

using autograd::record;
using autograd::saved;

Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx) {
  check<ShapeError>(weight.dim() == 2, "[embedding] the weight must be [num, dim], got sizes {}", weight.sizes());
  const int64_t num = weight.size(0), width = weight.size(1);
  check<IndexError>(-1 <= padding_idx && padding_idx < num,
                    "[embedding] padding_idx {} is not in [0, {}) or -1 for none", padding_idx, num);
  Dims sizes = indices.sizes();
  sizes.push_back(width);
  const Tensor ids = indices.detach().reshape({-1});
  const Tensor rows = kernel::index_select(weight, 0, ids, "embedding");
  const Tensor out(rows.impl().storage, rows.dtype(), sizes, contiguous_strides(sizes));
  return record(autograd::op("embedding", "padding_idx", padding_idx), out, {weight},
                [num, width, padding_idx, ids = saved(ids)](const Tensor& g) {
                  Tensor by_row = g.reshape({-1, width});
                  if (padding_idx >= 0) by_row = by_row.masked_fill(ids().eq(padding_idx).unsqueeze(1), 0);
                  return zeros({num, width}, g.dtype()).index_add(0, ids, by_row);
                });
}

}  // namespace weft
