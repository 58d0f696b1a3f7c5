// Joining and splitting tensors, and copies in another order.
#include "weft/autograd/functions.h"
#include "weft/autograd/ops/shape/view.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/shape.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

using autograd::op;
using autograd::record;

// Records an op with any number of inputs.
template <class Rule>
Tensor record_list(const char* op, Tensor out, const TensorList& inputs, Rule rule) {
  bool tracked = false;
  for (const Tensor& t : inputs) tracked = tracked || autograd::needs(t);
  if (!tracked) return out;
  auto node = make_ref<autograd::detail::JointNode<Rule>>(op, std::move(rule));
  for (const Tensor& t : inputs) node->add_edge(autograd::edge_of(t));
  autograd::detail::connect(node, {}, out);
  return out;
}

Dtype common_dtype(const TensorList& tensors) {
  Dtype dtype = tensors[0].dtype();
  for (const Tensor& t : tensors) dtype = promote_types(dtype, t.dtype());
  return dtype;
}

}  // namespace

// Joining
// ---------------------------------------------------------------------------------------------------------------

Tensor cat(const TensorList& tensors, int64_t dim) {
  check<ValueError>(!tensors.empty(), "[cat] got no tensors");
  const Dtype dtype = common_dtype(tensors);
  TensorList parts;
  for (const Tensor& t : tensors) {
    check<ShapeError>(t.dim() > 0, "[cat] tensors without dimensions cannot be joined; see stack");
    const bool nothing = t.dim() == 1 && t.numel() == 0;  // joins anything, as in PyTorch
    if (!nothing) parts.push_back(t.to(dtype));
  }
  if (parts.empty()) return empty({0}, dtype);
  dim = wrap_dim("cat", dim, parts[0].dim());
  const Tensor out = kernel::cat(parts, dim);
  std::vector<int64_t> lengths;
  for (const Tensor& t : parts) lengths.push_back(t.size(dim));
  return record_list("cat", out, parts, [dim, lengths](const Tensor& g, autograd::Grads& grads) {
    int64_t start = 0;
    for (size_t i = 0; i < lengths.size(); start += lengths[i++])
      if (grads.needs(i)) grads[i] = g.narrow(dim, start, lengths[i]);
  });
}

Tensor stack(const TensorList& tensors, int64_t dim) {
  check<ValueError>(!tensors.empty(), "[stack] got no tensors");
  dim = wrap_dim("stack", dim, tensors[0].dim() + 1);
  TensorList parts;
  for (const Tensor& t : tensors) {
    check<ShapeError>(t.sizes() == tensors[0].sizes(), "[stack] sizes {} and {} differ", tensors[0].sizes(), t.sizes());
    parts.push_back(t.unsqueeze(dim));
  }
  return cat(parts, dim);
}

// Taking apart
// ----------------------------------------------------------------------------------------------------------

namespace {

/// Records `parts`, adjacent windows of x, as one op, whose gradient joins theirs: a sequence of T steps costs T.
template <class Name, class Join>
TensorList record_parts(Name op, const Tensor& x, TensorList parts, Join join) {
  if (!autograd::records({x})) return parts;
  std::vector<Dims> sizes;
  for (const Tensor& part : parts) sizes.push_back(part.impl().sizes);
  return record(op, std::move(parts), {x},
                [sizes = std::move(sizes), dtype = x.dtype(), join](std::span<const Tensor> g, autograd::Grads& grads) {
                  TensorList all(g.begin(), g.end());
                  for (size_t i = 0; i < all.size(); ++i)
                    if (!all[i].defined()) all[i] = zeros(sizes[i], dtype);
                  grads[0] = join(all);
                });
}

// The memory of a list of tensors depends on its length, not on its elements.
void check_count(const char* op, int64_t tensors) {
  constexpr int64_t kMost = int64_t{1} << 24;
  check<ValueError>(tensors <= kMost, "[{}] into {} tensors, at most {} are supported", op, tensors, kMost);
}

}  // namespace

TensorList Tensor::split(IntArrayRef split_sizes, int64_t dim) const {
  check<IndexError>(this->dim() > 0, "[split] a tensor without dimensions cannot be taken apart");
  dim = wrap_dim("split", dim, this->dim());
  int64_t total = 0;
  for (int64_t s : split_sizes) {
    check<ValueError>(s >= 0, "[split] a piece of {}", s);
    total = std::min(total, kMaxElements) + std::min(s, kMaxElements);
  }
  check<ShapeError>(total == size(dim), "[split] pieces {} sum to {}, dimension {} has size {}", split_sizes, total,
                    dim, size(dim));
  TensorList parts;
  int64_t offset = storage_offset();
  Dims sizes = impl().sizes;
  for (int64_t s : split_sizes) {
    sizes[dim] = s;
    parts.push_back(autograd::window(*this, sizes, impl().strides, offset));
    offset += s * stride(dim);
  }
  return record_parts(op("split", "split_sizes", split_sizes, "dim", dim), *this, std::move(parts),
                      [dim](const TensorList& g) { return cat(g, dim); });
}

TensorList Tensor::split(int64_t split_size, int64_t dim) const {
  dim = wrap_dim("split", dim, this->dim());
  const int64_t n = size(dim);
  check<ValueError>(split_size > 0 || (split_size == 0 && n == 0), "[split] pieces of {}", split_size);
  check_count("split", n > 0 ? (n - 1) / split_size + 1 : 1);
  Dims pieces;
  for (int64_t rest = n; rest > 0; rest -= split_size) pieces.push_back(std::min(rest, split_size));
  if (pieces.empty()) pieces.push_back(0);
  return split(IntArrayRef(pieces), dim);
}

TensorList Tensor::chunk(int64_t chunks, int64_t dim) const {
  check<ValueError>(chunks > 0, "[chunk] into {} chunks", chunks);
  const int64_t n = size(dim);
  if (n == 0) check_count("chunk", chunks);
  if (n == 0) return split(IntArrayRef(Dims(chunks, 0)), dim);
  return split((n - 1) / chunks + 1, dim);
}

TensorList Tensor::unbind(int64_t dim) const {
  check<IndexError>(this->dim() > 0, "[unbind] a tensor without dimensions cannot be taken apart");
  dim = wrap_dim("unbind", dim, this->dim());
  check_count("unbind", size(dim));
  Dims sizes = impl().sizes, strides = impl().strides;
  sizes.erase(dim), strides.erase(dim);
  TensorList parts;
  for (int64_t i = 0; i < size(dim); ++i)
    parts.push_back(autograd::window(*this, sizes, strides, storage_offset() + i * stride(dim)));
  return record_parts(op("unbind", "dim", dim), *this, std::move(parts),
                      [dim](const TensorList& g) { return stack(g, dim); });
}

// Copies in another order
// -----------------------------------------------------------------------------------------------

Tensor Tensor::flip(IntArrayRef dims) const {
  return record(op("flip", "dims", dims), kernel::flip(*this, dims), {*this},
                [dims = Dims(dims)](const Tensor& g) { return g.flip(dims); });
}

Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const {
  if (dims.empty()) {
    check<ValueError>(shifts.size() == 1, "[roll] {} shifts without dimensions", shifts.size());
    return flatten().roll(shifts, 0).reshape(sizes());
  }
  check<ValueError>(shifts.size() == dims.size(), "[roll] {} shifts for {} dimensions", shifts.size(), dims.size());
  Tensor out = *this;
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t n = size(dims[i]);
    const int64_t shift = n > 0 ? (shifts[i] % n + n) % n : 0;
    if (shift > 0) out = cat({out.narrow(dims[i], n - shift, shift), out.narrow(dims[i], 0, n - shift)}, dims[i]);
  }
  return out.is_same(*this) ? clone() : out;
}

Tensor Tensor::repeat(IntArrayRef repeats) const {
  check<ShapeError>(repeats.size() >= sizes().size(), "[repeat] {} repeats for sizes {}", repeats.size(), sizes());
  const size_t lead = repeats.size() - sizes().size();
  Dims apart, wide, joined;
  for (size_t d = 0; d < repeats.size(); ++d) {
    check<ValueError>(repeats[d] >= 0, "[repeat] {} repeats", repeats[d]);
    const int64_t n = d < lead ? 1 : sizes()[d - lead];
    apart.push_back(1), apart.push_back(n);
    wide.push_back(repeats[d]), wide.push_back(n);
    joined.push_back(wrap_mul(repeats[d], n));  // expand() rejects overflows
  }
  return reshape(apart).expand(wide).clone().reshape(joined);
}

Tensor Tensor::repeat_interleave(int64_t repeats, std::optional<int64_t> dim) const {
  check<ValueError>(repeats >= 0, "[repeat_interleave] {} repeats", repeats);
  if (!dim) return flatten().repeat_interleave(repeats, 0);
  const int64_t d = wrap_dim("repeat_interleave", *dim, this->dim());
  if (this->dim() == 0) return reshape({1}).repeat_interleave(repeats, 0);
  Dims wide = sizes(), joined = sizes();
  wide.insert(d + 1, repeats);
  joined[d] = wrap_mul(joined[d], repeats);  // expand() rejects overflows
  return unsqueeze(d + 1).expand(wide).clone().reshape(joined);
}

}  // namespace weft
