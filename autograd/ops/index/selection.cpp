// Selecting and scattering along one dimension, masks, triangles, one-hot rows.
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/ops/shape/view.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/shape.h"
#include "weft/tensor/tensor.h"

namespace weft {

using autograd::op;
using autograd::record;
using autograd::saved;
using autograd::selected;

// Gather and scatter
// ----------------------------------------------------------------------------------------------------

Tensor Tensor::gather(int64_t dim, const Tensor& index) const {
  return selected(record(op("gather", "dim", dim), kernel::gather(*this, dim, index), {*this},
                         [dim, sizes = Dims(this->sizes()), at = saved(index)](const Tensor& g) {
                           return zeros(sizes, g.dtype()).scatter_add(dim, at, g);
                         }));
}

namespace {

// g of the sizes of `index` as the gradient of a src that may be larger.
Tensor widen(const Tensor& g, IntArrayRef sizes) {
  if (g.sizes() == sizes) return g;
  Dims pads;
  for (size_t d = sizes.size(); d-- > 0;) pads.push_back(0), pads.push_back(sizes[d] - g.sizes()[d]);
  return pad(g, pads);
}

// The elements of src that remain after a scatter: for each position the last one.
Tensor survivors(IntArrayRef sizes, int64_t dim, const Tensor& index) {
  const NoGradGuard no_grad;
  const Tensor numbers = arange(index.numel()).reshape(index.sizes()), board = empty(sizes, kInt64);
  kernel::scatter_into(board, dim, index, numbers, false);
  return kernel::gather(board, dim, index).eq(numbers);
}

}  // namespace

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src) const {
  const Tensor out = kernel::copy_of(*this, dtype());
  kernel::scatter_into(out, dim, index, src, false);
  return record(
      op("scatter", "dim", dim), out, {*this, src},
      [dim, at = saved(index)](const Tensor& g) { return g.scatter(dim, at, 0); },
      [dim, at = saved(index), sizes = Dims(sizes()), src_sizes = Dims(src.sizes())](const Tensor& g) {
        return widen(g.gather(dim, at) * survivors(sizes, dim, at).to(g.dtype()), src_sizes);
      });
}

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value) const {
  const Tensor out = kernel::copy_of(*this, dtype());
  kernel::scatter_into(out, dim, index, full(index.sizes(), value, dtype()), false);
  return record(op("scatter", "dim", dim, "value", value), out, {*this},
                [dim, at = saved(index)](const Tensor& g) { return g.scatter(dim, at, 0); });
}

Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& src) const {
  const Tensor out = kernel::copy_of(*this, dtype());
  kernel::scatter_into(out, dim, index, src, true);
  return record(
      op("scatter_add", "dim", dim), out, {*this, src}, [](const Tensor& g) { return g; },
      [dim, at = saved(index), src_sizes = Dims(src.sizes())](const Tensor& g) {
        return widen(g.gather(dim, at), src_sizes);
      });
}

Tensor Tensor::index_select(int64_t dim, const Tensor& index) const {
  return selected(record(op("index_select", "dim", dim), kernel::index_select(*this, dim, index), {*this},
                         [dim, sizes = Dims(sizes()), at = saved(index)](const Tensor& g) {
                           return zeros(sizes, g.dtype()).index_add(dim, at, g);
                         }));
}

Tensor Tensor::index_add(int64_t dim, const Tensor& index, const Tensor& src, const Scalar& alpha) const {
  const Tensor out = kernel::copy_of(*this, dtype());
  kernel::index_add_into(out, dim, index, src, alpha);
  return record(
      op("index_add", "dim", dim, "alpha", alpha), out, {*this, src}, [](const Tensor& g) { return g; },
      [dim, alpha, at = saved(index)](const Tensor& g) { return g.index_select(dim, at) * alpha; });
}

// Masks
// -----------------------------------------------------------------------------------------------------------------

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Dtype dtype = kernel::result_type(a, b);
  const Tensor x = a.to(dtype), y = b.to(dtype);
  return record(
      "where", kernel::where(condition, x, y), {x, y},
      [c = saved(condition)](const Tensor& g) { return where(c, g, 0); },
      [c = saved(condition)](const Tensor& g) { return where(c, Scalar(0), g); });
}
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  return where(condition, a, scalar_tensor(b, kernel::result_type(a, b)));
}
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  return where(condition, scalar_tensor(a, kernel::result_type(b, a)), b);
}

namespace {

void check_mask(const char* op, const Tensor& mask) {
  check<DtypeError>(mask.dtype() == kBool, "[{}] the mask must be bool, got {}", op, mask.dtype());
}

}  // namespace

Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  check_mask("masked_fill", mask);
  check<ShapeError>(value.dim() == 0, "[masked_fill] the value must have no dimensions, got sizes {}", value.sizes());
  const Tensor v = value.to(dtype());
  return record(
      "masked_fill", kernel::where(mask, v, *this), {*this, v},
      [m = saved(mask)](const Tensor& g) { return g.masked_fill(m, 0); },
      [m = saved(mask)](const Tensor& g) { return weft::where(m, g, 0); });
}
Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return masked_fill(mask, scalar_tensor(value, dtype()));
}

Tensor Tensor::masked_select(const Tensor& mask) const {
  check_mask("masked_select", mask);
  const Dims sizes = broadcast_sizes("masked_select", this->sizes(), mask.sizes());
  const Tensor places = kernel::nonzero(mask.expand(sizes).reshape({-1})).select(1, 0);
  return expand(sizes).reshape({-1}).index_select(0, places);
}

Tensor Tensor::nonzero() const { return kernel::nonzero(*this); }

// Others
// ----------------------------------------------------------------------------------------------------------------

Tensor Tensor::tril(int64_t diagonal) const {
  return record(op("tril", "diagonal", diagonal), kernel::triangle(*this, diagonal, false), {*this},
                [diagonal](const Tensor& g) { return g.tril(diagonal); });
}
Tensor Tensor::triu(int64_t diagonal) const {
  return record(op("triu", "diagonal", diagonal), kernel::triangle(*this, diagonal, true), {*this},
                [diagonal](const Tensor& g) { return g.triu(diagonal); });
}

Tensor one_hot(const Tensor& ids, int64_t num_classes) {
  check<DtypeError>(ids.dtype() == kInt64, "[one_hot] ids must be int64, got {}", ids.dtype());
  check<ValueError>(num_classes > 0 || num_classes == -1, "[one_hot] num_classes is {}", num_classes);
  check<ValueError>(ids.numel() > 0 || num_classes > 0, "[one_hot] num_classes is required for empty ids");
  const int64_t classes = num_classes > 0 ? num_classes : std::min(ids.max().item<int64_t>(), kMaxElements) + 1;
  Dims sizes = ids.sizes();
  sizes.push_back(classes);
  const Tensor flat = ids.contiguous(), out = zeros(sizes, kInt64);
  const auto* id = flat.data_ptr<int64_t>();
  auto* to = out.data_ptr<int64_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) {
    check<IndexError>(id[i] >= 0 && id[i] < classes, "[one_hot] id {} at position {} is not in [0, {})", id[i], i,
                      classes);
    to[i * classes + id[i]] = 1;
  }
  return out;
}

}  // namespace weft
