// Matrix products and the linear layer: all become products of matrices or of batches of matrices.
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/matmul/gemm.h"
#include "weft/tensor/shape.h"

namespace weft {
using autograd::op;
using autograd::record;
using autograd::saved;

namespace {

// a [m, k] b [k, n], or batches [batch, m, k] and [batch, k, n].
Tensor product(const char* op, const Tensor& a, const Tensor& b) {
  return record(
      op, kernel::matmul(op, a, b), {a, b},
      [op, b = saved(b)](const Tensor& g) { return product(op, g, b().transpose(-2, -1)); },
      [op, a = saved(a)](const Tensor& g) { return product(op, a().transpose(-2, -1), g); });
}

Dims leading(IntArrayRef sizes) { return Dims(sizes.data(), sizes.size() - 2); }
Dims with_tail(Dims sizes, std::initializer_list<int64_t> tail) {
  for (int64_t s : tail) sizes.push_back(s);
  return sizes;
}

// x expanded to the batch sizes, as [batch, rows, columns].
Tensor as_batch(const Tensor& x, const Dims& batch) {
  const Dims sizes = with_tail(batch, {x.size(-2), x.size(-1)});
  return x.expand(sizes).reshape({numel_of(batch), x.size(-2), x.size(-1)});
}

Tensor batched(const Tensor& a, const Tensor& b) {
  const Dims batch = broadcast_sizes("matmul", leading(a.sizes()), leading(b.sizes()));
  const Dims sizes = with_tail(batch, {a.size(-2), b.size(-1)});
  return product("matmul", as_batch(a, batch), as_batch(b, batch)).view(sizes);
}

void check_dims(const char* op, const Tensor& a, const Tensor& b, int64_t dim_a, int64_t dim_b) {
  check<ShapeError>(a.dim() == dim_a && b.dim() == dim_b, "[{}] takes {} and {} dimensions, got {} and {}", op, dim_a,
                    dim_b, a.sizes(), b.sizes());
}
void check_inner(const char* op, const Tensor& a, const Tensor& b) {
  const int64_t left = a.size(-1), right = b.size(b.dim() == 1 ? 0 : -2);
  check<ShapeError>(left == right, "[{}] {} and {} do not multiply: {} against {}", op, a.sizes(), b.sizes(), left,
                    right);
}

}  // namespace

Tensor Tensor::mm(const Tensor& other) const {
  check_dims("mm", *this, other, 2, 2);
  check_inner("mm", *this, other);
  return product("mm", *this, other);
}

Tensor Tensor::bmm(const Tensor& other) const {
  check_dims("bmm", *this, other, 3, 3);
  check<ShapeError>(size(0) == other.size(0), "[bmm] batches of {} and {} (sizes {} and {})", size(0), other.size(0),
                    sizes(), other.sizes());
  check_inner("bmm", *this, other);
  return product("bmm", *this, other);
}

Tensor Tensor::mv(const Tensor& other) const {
  check_dims("mv", *this, other, 2, 1);
  check_inner("mv", *this, other);
  return product("mv", *this, other.unsqueeze(1)).squeeze(1);
}

Tensor Tensor::dot(const Tensor& other) const {
  check_dims("dot", *this, other, 1, 1);
  check_inner("dot", *this, other);
  return product("dot", unsqueeze(0), other.unsqueeze(1)).view(IntArrayRef());
}

Tensor Tensor::matmul(const Tensor& other) const {
  const Tensor &a = *this, &b = other;
  check<ShapeError>(a.dim() >= 1 && b.dim() >= 1, "[matmul] takes at least one dimension, got {} and {}", a.sizes(),
                    b.sizes());
  check_inner("matmul", a, b);
  if (a.dim() == 1 && b.dim() == 1) return a.dot(b);
  if (a.dim() == 2 && b.dim() == 2) return product("matmul", a, b);
  if (a.dim() == 1) return a.unsqueeze(0).matmul(b).squeeze(-2);
  if (b.dim() == 1) return a.matmul(b.unsqueeze(1)).squeeze(-1);
  if (b.dim() > 2) return batched(a, b);
  // One matrix for all: the rows of a batch are rows of one product.
  return product("matmul", a.reshape({-1, a.size(-1)}), b)
      .view(with_tail(leading(a.sizes()), {a.size(-2), b.size(-1)}));
}

Tensor Tensor::addmm(const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) const {
  check_dims("addmm", a, b, 2, 2);
  check_inner("addmm", a, b);
  const Dims sizes{a.size(0), b.size(1)};
  check<ShapeError>(broadcast_sizes("addmm", this->sizes(), sizes) == sizes, "[addmm] {} does not broadcast to {}",
                    this->sizes(), sizes);
  const Tensor sum = kernel::copy_of(detach().expand(sizes), dtype());
  kernel::add_product("addmm", sum, a, b, beta, alpha);
  return record(
      op("addmm", "beta", beta, "alpha", alpha), sum, {*this, a, b}, [beta](const Tensor& g) { return g * beta; },
      [alpha, b = saved(b)](const Tensor& g) { return g.mm(b().t()) * alpha; },
      [alpha, a = saved(a)](const Tensor& g) { return a().t().mm(g) * alpha; });
}

namespace {
// weight.t() in the form the kernels read, outside the graph.
Tensor transposed(const Tensor& weight) {
  const TensorImpl& w = weight.impl();
  return Tensor(w.storage, w.dtype, {w.sizes[1], w.sizes[0]}, {w.strides[1], w.strides[0]}, w.offset);
}
}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(weight.dim() == 2, "[linear] weight must have 2 dimensions, got {}", weight.sizes());
  const int64_t in = weight.size(1), out = weight.size(0);
  check<ShapeError>(x.dim() >= 1 && x.size(-1) == in,
                    "[linear] input has {} features, weight expects {} (input {}, weight {})", x.dim() ? x.size(-1) : 0,
                    in, x.sizes(), weight.sizes());
  check<ShapeError>(!bias.defined() || (bias.dim() == 1 && bias.size(0) == out),
                    "[linear] bias is {}, expected [{}] (weight {})", bias.defined() ? bias.sizes() : x.sizes(), out,
                    weight.sizes());
  if (x.dim() != 2) {
    Dims sizes(x.sizes().data(), x.sizes().size() - 1);
    const int64_t rows = numel_of(sizes);
    sizes.push_back(out);
    return linear(x.reshape({rows, in}), weight, bias).view(sizes);
  }
  return record(
      "linear", kernel::matmul("linear", x, transposed(weight), bias), {x, weight, bias},
      [w = saved(weight)](const Tensor& g) { return g.mm(w); }, [x = saved(x)](const Tensor& g) { return g.t().mm(x); },
      [](const Tensor& g) { return g.sum(IntArrayRef(0)); });
}

}  // namespace weft
