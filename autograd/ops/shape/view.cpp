// Views: other windows on the same storage. The gradient of a view is the inverse view of its gradient.
#include "weft/autograd/ops/shape/view.h"

#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/shape.h"

namespace weft {
using autograd::op;
using autograd::record;

namespace autograd {

Tensor window(const Tensor& x, Dims sizes, Dims strides, int64_t offset) {
  TensorImpl& p = x.impl();
  if (p.storage->channels_last()) p.storage->data();  // a window requires standard order
  Tensor out(make_ref<TensorImpl>(p.storage, p.dtype, std::move(sizes), std::move(strides), offset));
  TensorImpl& q = out.impl();
  q.base = p.base ? p.base : Ref<TensorImpl>(&p);
  q.no_grad_view = p.no_grad_view || !GradMode::is_enabled();
  if (q.no_grad_view) q.no_grad_version = p.storage->version();
  return out;
}

Tensor alias(const Tensor& x) {
  return record("alias", window(x, x.impl().sizes, x.impl().strides, x.storage_offset()), {x},
                [](const Tensor& g) { return g; });
}

}  // namespace autograd

using autograd::alias;
using autograd::window;

namespace {

/// Zeros of `sizes` with g written through a window of them: the gradient of taking that window. The window is passed
/// as a differentiable function.
template <class Take>
Tensor scatter_window(const Tensor& g, const Dims& sizes, Take take) {
  Tensor out = zeros(sizes, g.dtype());
  take(out).copy_(g);
  return out;
}

/// `sizes` with its single -1 resolved.
Dims resolve_sizes(const char* op, IntArrayRef sizes, int64_t numel) {
  Dims out(sizes);
  int64_t unknown = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      check<ShapeError>(unknown < 0, "[{}] only one size may be -1, got {}", op, sizes);
      unknown = static_cast<int64_t>(i);
      out[i] = 1;
    }
  }
  const int64_t known = numel_of(out, op);
  const bool fits = unknown < 0 ? known == numel : known > 0 && numel % known == 0;
  check<ShapeError>(fits, "[{}] {} elements do not fit sizes {}", op, numel, sizes);
  if (unknown >= 0) out[unknown] = numel / known;
  return out;
}

/// The strides that show the same elements as `sizes`, if they exist.
std::optional<Dims> view_strides(const Tensor& x, const Dims& sizes) {
  const TensorImpl& p = x.impl();
  if (p.contiguous) return contiguous_strides(sizes);
  if (p.numel == 0) return contiguous_strides(sizes);
  Dims strides(sizes.size(), 0);
  // Compares both shapes from the right in runs of equal element counts; a run must be evenly spaced.
  auto to = static_cast<int64_t>(sizes.size()) - 1;
  int64_t run_numel = 1, base = p.strides.empty() ? 1 : p.strides.back(), taken = 1;
  for (auto from = static_cast<int64_t>(p.sizes.size()) - 1; from >= 0; --from) {
    run_numel *= p.sizes[from];
    bool ends = from == 0 || (p.sizes[from - 1] != 1 && p.strides[from - 1] != run_numel * base);
    if (!ends) continue;
    while (to >= 0 && (taken < run_numel || sizes[to] == 1)) {
      strides[to] = taken * base;
      taken *= sizes[to];
      --to;
    }
    if (taken != run_numel) return std::nullopt;
    if (from > 0) base = p.strides[from - 1], run_numel = taken = 1;
  }
  return to == -1 ? std::optional(strides) : std::nullopt;
}

}  // namespace

Tensor Tensor::view(IntArrayRef new_sizes) const {
  Dims sizes = resolve_sizes("view", new_sizes, numel());
  auto strides = view_strides(*this, sizes);
  check<ShapeError>(strides.has_value(),
                    "[view] sizes {} with strides {} cannot be seen as {} without a copy; use reshape", this->sizes(),
                    this->strides(), sizes);
  return record(op("view", "size", sizes), window(*this, sizes, *strides, storage_offset()), {*this},
                [old = impl().sizes](const Tensor& g) { return g.reshape(old); });
}

Tensor Tensor::view_as(const Tensor& other) const { return view(other.sizes()); }
Tensor Tensor::reshape_as(const Tensor& other) const { return reshape(other.sizes()); }

Tensor Tensor::reshape(IntArrayRef new_sizes) const {
  Dims sizes = resolve_sizes("reshape", new_sizes, numel());
  if (view_strides(*this, sizes)) return view(sizes);
  return autograd::selected(clone().view(sizes));
}

Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  int64_t start = wrap_dim("flatten", start_dim, dim()), end = wrap_dim("flatten", end_dim, dim());
  check<ShapeError>(start <= end, "[flatten] start_dim {} is after end_dim {}", start_dim, end_dim);
  if (dim() == 0) return reshape({1});
  if (start == end) return *this;
  Dims to;
  int64_t joined = 1;
  for (int64_t d = 0; d < dim(); ++d) {
    if (d < start || d > end) {
      to.push_back(size(d));
    } else {
      joined *= size(d);
      if (d == end) to.push_back(joined);
    }
  }
  return reshape(to);
}

Tensor Tensor::unflatten(int64_t dim, IntArrayRef sizes) const {
  int64_t d = wrap_dim("unflatten", dim, this->dim());
  Dims inner = resolve_sizes("unflatten", sizes, size(d)), to;
  for (int64_t i = 0; i < this->dim(); ++i) {
    if (i != d) to.push_back(size(i));
    if (i == d)
      for (int64_t s : inner) to.push_back(s);
  }
  return view(to);
}

Tensor Tensor::permute(IntArrayRef dims) const {
  check<ShapeError>(dims.size() == impl().sizes.size(), "[permute] {} dimensions named for sizes {}", dims, sizes());
  Dims to_sizes, to_strides, inverse(dims.size(), -1);
  const TensorImpl& p = impl();
  if (p.storage->channels_last()) p.storage->data();
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t d = wrap_dim("permute", dims[i], dim());
    check<ValueError>(inverse[d] == -1, "[permute] dimension {} is named twice in {}", d, dims);
    inverse[d] = static_cast<int64_t>(i);
    to_sizes.push_back(p.sizes[d]), to_strides.push_back(p.strides[d]);
  }
  return record(op("permute", "dims", dims), window(*this, to_sizes, to_strides, p.offset), {*this},
                [inverse](const Tensor& g) { return g.permute(inverse); });
}

Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const {
  int64_t a = wrap_dim("transpose", dim0, dim()), b = wrap_dim("transpose", dim1, dim());
  Dims to_sizes = impl().sizes, to_strides = impl().strides;
  if (dim() > 0) std::swap(to_sizes[a], to_sizes[b]), std::swap(to_strides[a], to_strides[b]);
  return record(op("transpose", "dim0", a, "dim1", b), window(*this, to_sizes, to_strides, storage_offset()), {*this},
                [a, b](const Tensor& g) { return g.transpose(a, b); });
}

Tensor Tensor::t() const {
  check<ShapeError>(dim() <= 2, "[t] needs at most 2 dimensions, got {}", sizes());
  return dim() < 2 ? alias(*this) : transpose(0, 1);
}

Tensor Tensor::unsqueeze(int64_t dim) const {
  int64_t d = wrap_dim("unsqueeze", dim, this->dim() + 1);
  Dims to_sizes = impl().sizes, to_strides = impl().strides;
  int64_t stride = d < this->dim() ? to_sizes[d] * to_strides[d] : 1;
  to_sizes.insert(d, 1), to_strides.insert(d, stride);
  return record(op("unsqueeze", "dim", d), window(*this, to_sizes, to_strides, storage_offset()), {*this},
                [d](const Tensor& g) { return g.squeeze(d); });
}

Tensor Tensor::squeeze() const {
  Dims to_sizes, to_strides;
  for (int64_t d = 0; d < dim(); ++d)
    if (size(d) != 1) to_sizes.push_back(size(d)), to_strides.push_back(stride(d));
  return record("squeeze", window(*this, to_sizes, to_strides, storage_offset()), {*this},
                [old = impl().sizes](const Tensor& g) { return g.reshape(old); });
}

Tensor Tensor::squeeze(int64_t dim) const {
  int64_t d = wrap_dim("squeeze", dim, this->dim());
  if (this->dim() == 0 || size(d) != 1) return alias(*this);
  Dims to_sizes = impl().sizes, to_strides = impl().strides;
  to_sizes.erase(d), to_strides.erase(d);
  return record(op("squeeze", "dim", d), window(*this, to_sizes, to_strides, storage_offset()), {*this},
                [d](const Tensor& g) { return g.unsqueeze(d); });
}

Tensor Tensor::expand(IntArrayRef sizes) const {
  const TensorImpl& p = impl();
  size_t fresh = sizes.size() - p.sizes.size();
  check<ShapeError>(sizes.size() >= p.sizes.size(), "[expand] sizes {} have more dimensions than {}", p.sizes, sizes);
  Dims to(sizes), strides(sizes.size(), 0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i < fresh) {
      check<ShapeError>(to[i] >= 0, "[expand] a new dimension needs a size, got {}", sizes);
      continue;
    }
    int64_t own = p.sizes[i - fresh];
    if (to[i] == -1) to[i] = own;
    check<ShapeError>(own == to[i] || own == 1, "[expand] sizes {} do not expand to {}", p.sizes, sizes);
    strides[i] = own == to[i] ? p.strides[i - fresh] : 0;
  }
  // The engine sums over the repeated dimensions.
  return record(op("expand", "size", to), window(*this, to, strides, p.offset), {*this},
                [](const Tensor& g) { return g; });
}

Tensor Tensor::expand_as(const Tensor& other) const { return expand(other.sizes()); }

Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  check<ShapeError>(this->dim() > 0, "[narrow] needs at least one dimension");
  int64_t d = wrap_dim("narrow", dim, this->dim()), n = size(d), first = start < 0 ? start + n : start;
  check<IndexError>(first >= 0 && first <= n && length >= 0 && length <= n - first,
                    "[narrow] {} elements from {} on are not in dimension {} of sizes {}", length, start, d, sizes());
  return slice(d, first, first + length);
}

Tensor Tensor::select(int64_t dim, int64_t index) const {
  check<IndexError>(this->dim() > 0, "[select] a tensor without dimensions cannot be indexed");
  int64_t d = wrap_dim("select", dim, this->dim()), n = size(d), i = index < 0 ? index + n : index;
  check<IndexError>(i >= 0 && i < n, "[select] index {} is not in dimension {} of sizes {}", index, d, sizes());
  Dims to_sizes = impl().sizes, to_strides = impl().strides;
  int64_t offset = storage_offset() + i * to_strides[d];
  to_sizes.erase(d), to_strides.erase(d);
  return record(op("select", "dim", d, "index", i), window(*this, to_sizes, to_strides, offset), {*this},
                [d, i, old = impl().sizes](const Tensor& g) {
                  return scatter_window(g, old, [&](const Tensor& z) { return z.select(d, i); });
                });
}

Tensor Tensor::slice(int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) const {
  check<ShapeError>(this->dim() > 0, "[slice] needs at least one dimension");
  check<ValueError>(step > 0, "[slice] the step must be positive, got {}", step);
  int64_t d = wrap_dim("slice", dim, this->dim()), n = size(d);
  step = std::min(step, std::max<int64_t>(n, 1));  // a longer step also selects only the first element
  auto clip = [n](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + n : i, 0, n); };
  int64_t a = clip(start.value_or(0)), b = std::max(a, clip(end.value_or(n)));
  Dims to_sizes = impl().sizes, to_strides = impl().strides;
  to_sizes[d] = (b - a + step - 1) / step;
  int64_t offset = storage_offset() + (to_sizes[d] ? a * to_strides[d] : 0);
  to_strides[d] *= step;
  return record(op("slice", "dim", d, "start", a, "end", b, "step", step), window(*this, to_sizes, to_strides, offset),
                {*this}, [d, a, b, step, old = impl().sizes](const Tensor& g) {
                  return scatter_window(g, old, [&](const Tensor& z) { return z.slice(d, a, b, step); });
                });
}

Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const {
  int64_t a = wrap_dim("diagonal", dim1, dim()), b = wrap_dim("diagonal", dim2, dim());
  check<ShapeError>(dim() >= 2 && a != b, "[diagonal] needs two different dimensions of sizes {}, got {} and {}",
                    sizes(), dim1, dim2);
  const TensorImpl& p = impl();
  int64_t n = std::max<int64_t>(
      0, offset >= 0 ? std::min(p.sizes[a], p.sizes[b] - offset) : std::min(p.sizes[a] + offset, p.sizes[b]));
  int64_t start = p.offset + (n ? (offset >= 0 ? offset * p.strides[b] : -offset * p.strides[a]) : 0);
  Dims to_sizes = p.sizes, to_strides = p.strides;
  int64_t stride = p.strides[a] + p.strides[b];
  to_sizes.erase(std::max(a, b)), to_sizes.erase(std::min(a, b));
  to_strides.erase(std::max(a, b)), to_strides.erase(std::min(a, b));
  to_sizes.push_back(n), to_strides.push_back(stride);
  return record(op("diagonal", "offset", offset, "dim1", a, "dim2", b), window(*this, to_sizes, to_strides, start),
                {*this}, [offset, a, b, old = p.sizes](const Tensor& g) {
                  return scatter_window(g, old, [&](const Tensor& z) { return z.diagonal(offset, a, b); });
                });
}

Tensor Tensor::as_strided(IntArrayRef sizes, IntArrayRef strides, std::optional<int64_t> storage_offset) const {
  check<ShapeError>(sizes.size() == strides.size(), "[as_strided] sizes {} and strides {} differ in length", sizes,
                    strides);
  TensorImpl& p = impl();
  const int64_t offset = storage_offset.value_or(p.offset);
  check_window("as_strided", sizes, strides, offset, p.storage->bytes() / item_size(p.dtype));
  Tensor out = window(*this, sizes, strides, offset);
  if (!autograd::records({*this})) return out;
  check<StateError>(p.contiguous,
                    "[as_strided] gradients are recorded for contiguous tensors only, this one has strides {}",
                    p.strides);
  int64_t local = offset - p.offset;
  check<StateError>(local >= 0 && (out.numel() == 0 || local + span_of("as_strided", sizes, strides) < p.numel),
                    "[as_strided] gradients are recorded inside the tensor's own {} elements only", p.numel);
  return record(op("as_strided", "size", sizes, "stride", strides, "storage_offset", local), out, {*this},
                [sizes = Dims(sizes), strides = Dims(strides), local, old = p.sizes](const Tensor& g) {
                  // Elements that the window shows several times get the sum.
                  Tensor positions = arange(numel_of(old)).as_strided(sizes, strides, local).reshape({-1});
                  return zeros({numel_of(old)}, g.dtype()).index_add(0, positions, g.reshape({-1})).view(old);
                });
}

Tensor Tensor::unfold(int64_t dim, int64_t size, int64_t step) const {
  int64_t d = wrap_dim("unfold", dim, this->dim()), n = this->dim() ? this->size(d) : 1;
  check<ValueError>(size >= 0 && size <= n && step > 0,
                    "[unfold] windows of {} every {} do not fit dimension {} of sizes {}", size, step, d, sizes());
  step = std::min(step, std::max<int64_t>(n, 1));  // a longer step also gives one window
  const TensorImpl& p = impl();
  Dims to_sizes = p.sizes, to_strides = p.strides;
  int64_t stride = p.sizes.empty() ? 1 : p.strides[d];
  if (!p.sizes.empty()) to_sizes[d] = (n - size) / step + 1, to_strides[d] = stride * step;
  to_sizes.push_back(size), to_strides.push_back(stride);
  Tensor base = autograd::records({*this}) && !p.contiguous ? contiguous() : *this;
  if (!base.is_same(*this)) return base.unfold(dim, size, step);
  return as_strided(to_sizes, to_strides);
}

}  // namespace weft
