#include "weft/tensor/creation.h"

#include <cmath>
#include <numeric>

#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/random/random.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

namespace weft {
namespace {

/// Calls write with the default generator, locked.
void draw(FunctionRef<void(Generator&)> write) {
  Generator& generator = default_generator();
  std::lock_guard lock(generator.mutex());
  write(generator);
}

Tensor with_grad(Tensor t, const TensorOptions& options) {
  if (options.requires_grad()) {
    check_can_require_grad(t.dtype());
    t.impl().requires_grad = true;
  }
  return t;
}

TensorOptions like(const Tensor& t, const TensorOptions& options) { return options.dtype(options.dtype_or(t.dtype())); }

// Number of values in [start, end) or (end, start], `step` apart; fewer than 2^62.
int64_t count_steps(int64_t start, int64_t end, int64_t step) {
  const auto gap = static_cast<__int128>(end) - start;
  return static_cast<int64_t>(std::min<__int128>(gap / step + (gap % step != 0), int64_t{1} << 62));
}

Dtype dtype_of_kind(const Scalar& v) { return v.is_floating_point() ? default_dtype() : v.kind(); }

}  // namespace

NestedList::NestedList(std::initializer_list<NestedList> rows) {
  sizes_.push_back(static_cast<int64_t>(rows.size()));
  if (rows.size() == 0) return;
  kind_ = rows.begin()->kind_;
  for (const NestedList& row : rows) {
    check<ShapeError>(row.sizes_ == rows.begin()->sizes_, "[tensor] rows of sizes {} and {} in one list",
                      rows.begin()->sizes_, row.sizes_);
    check<DtypeError>((kind_ == kBool) == (row.kind_ == kBool), "[tensor] one list contains both bools and numbers");
    kind_ = promote_types(kind_, row.kind_);
    values_.insert(values_.end(), row.values_.begin(), row.values_.end());
  }
  for (int64_t s : rows.begin()->sizes_) sizes_.push_back(s);
}

Tensor tensor(const NestedList& values, const TensorOptions& options) {
  Dtype kind = values.kind() == kFloat64 ? default_dtype() : values.kind();
  Tensor t = empty(values.sizes(), options.dtype_or(kind));
  dispatch_all(t.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = t.data_ptr<T>();
    for (const Scalar& v : values.values()) *to++ = v.to<T>();
  });
  return with_grad(t, options);
}

Tensor tensor(std::initializer_list<NestedList> values, const TensorOptions& options) {
  return tensor(NestedList(values), options);
}

Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) { return full({}, value, options); }

Tensor empty(IntArrayRef sizes, const TensorOptions& options) {
  Dtype dtype = options.dtype();
  Dims dims(sizes);
  auto storage = storage_for(dims, dtype);
  Dims strides = contiguous_strides(dims);
  return with_grad(
      Tensor(make_ref<TensorImpl>(std::move(storage), dtype, std::move(dims), std::move(strides), int64_t{0})),
      options);
}

Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options) {
  Tensor t = empty(sizes, TensorOptions(options.dtype_or(dtype_of_kind(value))));
  kernel::fill(t, value);
  return with_grad(t, options);
}

Tensor zeros(IntArrayRef sizes, const TensorOptions& options) { return full(sizes, 0, options.dtype(options.dtype())); }
Tensor ones(IntArrayRef sizes, const TensorOptions& options) { return full(sizes, 1, options.dtype(options.dtype())); }

Tensor eye(int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(int64_t n, int64_t m, const TensorOptions& options) {
  check<ValueError>(n >= 0 && m >= 0, "[eye] sizes must not be negative, got {} and {}", n, m);
  Tensor t = zeros({n, m}, options.dtype());
  int64_t k = std::min(n, m);
  kernel::fill(Tensor(t.impl().storage, t.dtype(), {k}, {m + 1}), 1);
  return with_grad(t, options);
}

Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
  double a = start.to_double(), b = end.to_double(), s = step.to_double();
  bool floating = start.is_floating_point() || end.is_floating_point() || step.is_floating_point();
  const bool up = floating ? b >= a : end.to<int64_t>() >= start.to<int64_t>();
  const bool down = floating ? b <= a : end.to<int64_t>() <= start.to<int64_t>();
  check<ValueError>(s != 0 && std::isfinite(a) && std::isfinite(b) && std::isfinite(s) && (s > 0 ? up : down),
                    "[arange] cannot go from {} to {} by steps of {}", a, b, s);
  const int64_t n = floating ? convert<int64_t>(std::min(std::ceil((b - a) / s), 0x1p62))
                             : count_steps(start.to<int64_t>(), end.to<int64_t>(), step.to<int64_t>());
  Tensor t = empty({n}, TensorOptions(options.dtype_or(floating ? default_dtype() : kInt64)));
  dispatch_all(t.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = t.data_ptr<T>();
    if (floating)
      for (int64_t i = 0; i < n; ++i) to[i] = convert<T>(a + s * static_cast<double>(i));
    else
      for (int64_t i = 0; i < n; ++i)
        to[i] = convert<T>(wrap_add(start.to<int64_t>(), wrap_mul(step.to<int64_t>(), i)));
  });
  return with_grad(t, options);
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options) {
  check<ValueError>(steps >= 0, "[linspace] the number of steps must not be negative, got {}", steps);
  Tensor t = empty({steps}, options.dtype());
  double a = start.to_double(), b = end.to_double(), s = steps > 1 ? (b - a) / static_cast<double>(steps - 1) : 0;
  dispatch_all(t.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = t.data_ptr<T>();
    // Computed from both ends, so that the last point is exact.
    for (int64_t i = 0; i < steps; ++i)
      to[i] = convert<T>(i < steps / 2 || steps == 1 ? a + s * static_cast<double>(i)
                                                     : b - s * static_cast<double>(steps - 1 - i));
  });
  return with_grad(t, options);
}

Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  Tensor t = empty(sizes, options.dtype());
  draw([&](Generator& g) { kernel::uniform(t, 0, 1, g); });
  return with_grad(t, options);
}
Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  Tensor t = empty(sizes, options.dtype());
  draw([&](Generator& g) { kernel::normal(t, 0, 1, g); });
  return with_grad(t, options);
}
Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(0, high, sizes, options);
}
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  Tensor t = empty(sizes, TensorOptions(options.dtype_or(kInt64)));
  draw([&](Generator& g) { kernel::random_integers(t, low, high, g); });
  return with_grad(t, options);
}

Tensor randperm(int64_t n, const TensorOptions& options) {
  check<ValueError>(n >= 0, "[randperm] needs a count of at least 0, got {}", n);
  Tensor order = arange(n);
  auto* p = order.data_ptr<int64_t>();
  Generator& g = default_generator();
  std::lock_guard lock(g.mutex());
  // Fisher and Yates with PyTorch's draws: 32 bits each if n is below PyTorch's threshold.
  bool small = n < static_cast<int64_t>(std::numeric_limits<uint32_t>::max()) / 20;
  for (int64_t i = 0; i < n - 1; ++i) {
    uint64_t r = small ? g.random() : g.random64();
    std::swap(p[i], p[i + static_cast<int64_t>(r % static_cast<uint64_t>(n - i))]);
  }
  Dtype dtype = options.dtype_or(kInt64);
  return dtype == kInt64 ? order : kernel::copy_of(order, dtype);
}

Tensor empty_like(const Tensor& t, const TensorOptions& o) { return empty(t.sizes(), like(t, o)); }
Tensor zeros_like(const Tensor& t, const TensorOptions& o) { return zeros(t.sizes(), like(t, o)); }
Tensor ones_like(const Tensor& t, const TensorOptions& o) { return ones(t.sizes(), like(t, o)); }
Tensor full_like(const Tensor& t, const Scalar& value, const TensorOptions& o) {
  return full(t.sizes(), value, like(t, o));
}
Tensor rand_like(const Tensor& t, const TensorOptions& o) { return rand(t.sizes(), like(t, o)); }
Tensor randn_like(const Tensor& t, const TensorOptions& o) { return randn(t.sizes(), like(t, o)); }
Tensor randint_like(const Tensor& t, int64_t low, int64_t high, const TensorOptions& o) {
  return randint(low, high, t.sizes(), like(t, o));
}

Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
  return from_blob(data, sizes, nullptr, options);
}
Tensor from_blob(void* data, IntArrayRef sizes, std::function<void(void*)> deleter, const TensorOptions& options) {
  numel_of(sizes, "from_blob");
  return from_blob(data, sizes, contiguous_strides(sizes), std::move(deleter), options);
}
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, std::function<void(void*)> deleter,
                 const TensorOptions& options) {
  check<ShapeError>(sizes.size() == strides.size(), "[from_blob] sizes {} and strides {} differ in length", sizes,
                    strides);
  Dtype dtype = options.dtype();
  const int64_t span = span_of("from_blob", sizes, strides), elements = numel_of(sizes, "from_blob") > 0 ? span + 1 : 0;
  check<ValueError>(data != nullptr || elements == 0, "[from_blob] the pointer is null, the sizes are {}", sizes);
  const int64_t bytes = elements * item_size(dtype);
  auto storage = make_ref<Storage>(make_ref<Buffer>(data, bytes, std::move(deleter)));
  return with_grad(Tensor(std::move(storage), dtype, sizes, strides), options);
}

}  // namespace weft
