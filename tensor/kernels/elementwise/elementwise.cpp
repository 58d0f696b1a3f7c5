#include "weft/tensor/kernels/elementwise/elementwise.h"

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise_loops.h"
#include "weft/tensor/kernels/elementwise/plain_loops.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/index/index_common.h"
#include "weft/tensor/kernels/walk/strided.h"

namespace weft::kernel {
namespace {

constexpr double kCost = 0.4;    // nanoseconds per element of a vector loop limited by memory
constexpr double kMathCost = 8;  // of a call into libm
double cost_of(Dtype dtype) { return dtype == kFloat32 ? kCost : 1; }

// True for row-major or channels-last without gaps: the elements can be walked in memory order.
bool dense(const Tensor& x) { return x.impl().contiguous || x.is_contiguous(MemoryFormat::ChannelsLast); }

void run_flat(BinaryLoop loop, const void* a, const void* b, void* out, int64_t n, int64_t item, int64_t out_item,
              Broadcast broadcast, double cost, double p, double q) {
  const auto *pa = static_cast<const char*>(a), *pb = static_cast<const char*>(b);
  auto* to = static_cast<char*>(out);
  int64_t step_a = broadcast == Broadcast::A ? 0 : item, step_b = broadcast == Broadcast::B ? 0 : item;
  parallel_for(n, cost, [&](int64_t begin, int64_t end) {
    loop(pa + begin * step_a, pb + begin * step_b, to + begin * out_item, end - begin, p, q);
  });
}

using FindLoop = FunctionRef<BinaryLoop(Broadcast)>;

bool reusable(const Tensor& x, Dtype dtype, IntArrayRef sizes) {
  return x.impl().donated && x.impl().contiguous && x.dtype() == dtype && x.sizes() == sizes;
}

// True if x, seen as `sizes`, is expanded in the last dimension that has more than one element: its own size there is
// not 1, but its stride is 0.
bool repeats_last(const Tensor& x, IntArrayRef sizes) {
  size_t d = sizes.size();
  while (d > 0 && sizes[d - 1] == 1) --d;
  const size_t missing = sizes.size() - x.sizes().size();
  return d > missing && x.sizes()[d - 1 - missing] != 1;
}

// True if x is one value, expanded or not, that broadcasts to `like`.
bool one_number(const TensorImpl& x, const TensorImpl& like) {
  if (x.numel == 0 || x.sizes.size() > like.sizes.size()) return false;
  const size_t missing = like.sizes.size() - x.sizes.size();
  for (size_t d = 0; d < x.sizes.size(); ++d)
    if (x.sizes[d] != 1 && (x.strides[d] != 0 || x.sizes[d] != like.sizes[missing + d])) return false;
  return true;
}

// run() for operands that differ in layout. Out of line to keep the stack frame of the small op small.
[[gnu::noinline]] Tensor run_rows(FindLoop find, const char* op, const Tensor& a, const Tensor& b, Dtype out_dtype,
                                  double cost, double p, double q) {
  int64_t item = a.element_size(), out_item = item_size(out_dtype);
  Dims sizes = broadcast_sizes(op, a.sizes(), b.sizes());
  // A row of an operand must be consecutive or one value, and not one value in both; any other operand is gathered
  // first. If both rows are one value, at least one operand is expanded, and its copy has a row of its own.
  Tensor x = a, y = b, out = reusable(a, out_dtype, sizes) ? output_like(a, out_dtype) : empty(sizes, out_dtype);
  auto plan = [&] {
    return make_walk<3>(sizes, {out.impl().strides, broadcast_strides(op, x, sizes), broadcast_strides(op, y, sizes)});
  };
  auto walk = plan();
  const bool both = walk.inner_stride(1) == 0 && walk.inner_stride(2) == 0;
  const bool gather_x = walk.inner_stride(1) > 1 || (both && !repeats_last(y, sizes));
  const bool gather_y = walk.inner_stride(2) > 1 || (both && !gather_x);
  if (gather_x) x = kernel::contiguous(x);
  if (gather_y) y = kernel::contiguous(y);
  if (gather_x || gather_y) walk = plan();
  auto* to = static_cast<char*>(out.data_ptr());
  const auto *px = static_cast<const char*>(x.data_ptr()), *py = static_cast<const char*>(y.data_ptr());
  bool row_x = walk.inner_stride(1) != 0, row_y = walk.inner_stride(2) != 0;
  BinaryLoop loop = find(!row_x ? Broadcast::A : !row_y ? Broadcast::B : Broadcast::None);
  for_each_row<3>(walk, cost, [&](const std::array<int64_t, 3>& at, int64_t n) {
    loop(px + at[1] * item, py + at[2] * item, to + at[0] * out_item, n, p, q);
  });
  return out;
}

// a and b have one dtype; the result has `out_dtype`.
Tensor run(FindLoop find, const char* op, const Tensor& a, const Tensor& b, Dtype out_dtype, double cost, double p,
           double q) {
  int64_t item = a.element_size(), out_item = item_size(out_dtype);
  auto flat = [&](const Tensor& like, Broadcast broadcast) {
    Tensor out = output_like(like, out_dtype);
    run_flat(find(broadcast), flat_data<char>(a) + a.storage_offset() * (item - 1),
             flat_data<char>(b) + b.storage_offset() * (item - 1),
             flat_data<char>(out) + out.storage_offset() * (out_item - 1), out.numel(), item, out_item, broadcast, cost,
             p, q);
    return out;
  };
  if (same_layout(a, b)) return flat(a, Broadcast::None);
  if (one_number(b.impl(), a.impl()) && dense(a)) return flat(a, Broadcast::B);
  if (one_number(a.impl(), b.impl()) && dense(b)) return flat(b, Broadcast::A);
  return run_rows(find, op, a, b, out_dtype, cost, p, q);
}

Tensor to_dtype(const Tensor& x, Dtype dtype) { return x.dtype() == dtype ? x : copy_of(x, dtype); }

bool float_only(Binary f) { return binary_loop(f, kInt64, Broadcast::None) == nullptr; }

double cost_of(Binary f, Dtype dtype) {
  bool libm = f == Binary::Pow || f == Binary::Atan2 || f == Binary::Fmod || f == Binary::Remainder;
  return libm ? kMathCost : cost_of(dtype);
}

Dtype computed_in(Binary f, Dtype dtype) {
  if (!is_floating_point(dtype) && float_only(f)) return default_dtype();
  return dtype;
}

// A number as a tensor without dimensions, created when the dtype is known.
Tensor plain_number(const Scalar& v, Dtype dtype) {
  Tensor t = empty({}, dtype);
  dispatch_all(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    *t.data_ptr<T>() = v.to<T>();
  });
  return t;
}

// The same for an op whose result is `dtype`. An integer wraps to it, as in PyTorch; a floating-point number keeps the
// precision of the computation.
Tensor number(const Scalar& v, Dtype dtype) {
  if (has_kernels(dtype)) [[likely]]
    return plain_number(v, dtype);
  return widened(plain_number(v, is_floating_point(dtype) ? dtype_info(dtype).compute : dtype));
}

// binary() for a dtype without kernels.
[[gnu::noinline]] Tensor binary_in_wide(Binary f, const char* op, const Tensor& a, const Tensor& b, Dtype result,
                                        double p, double q) {
  const Dtype dtype = dtype_info(result).compute;
  return narrowed(run([&](Broadcast w) { return binary_loop(f, dtype, w); }, op, to_dtype(a, dtype), to_dtype(b, dtype),
                      dtype, cost_of(f, dtype), p, q),
                  result);
}

// storage_for without reading the sizes, which is measurable in small ops.
Ref<Storage> storage_like(const TensorImpl& x, Dtype dtype) {
  try {
    return make_ref<Storage>(x.numel * item_size(dtype));
  } catch (const OutOfMemoryError&) {
    return storage_for(x.sizes, dtype);  // throws and names the sizes
  }
}

}  // namespace

Tensor output_like(const Tensor& x, Dtype dtype) {
  TensorImpl& impl = x.impl();
  if (impl.donated && impl.dtype == dtype && dense(x))
    return Tensor(make_ref<TensorImpl>(impl.storage, dtype, impl, impl.offset));
  if (impl.storage->channels_last() && impl.sizes.size() == 4)
    return Tensor(storage_for(impl.sizes, dtype, true), dtype, impl.sizes, impl.strides);
  if (dense(x)) return Tensor(make_ref<TensorImpl>(storage_like(impl, dtype), dtype, impl, 0));
  return Tensor(storage_like(impl, dtype), dtype, impl.sizes, contiguous_strides(impl.sizes));
}

bool same_layout(const Tensor& a, const Tensor& b) {
  const TensorImpl &x = a.impl(), &y = b.impl();
  if (!(x.sizes == y.sizes) || x.storage->channels_last() != y.storage->channels_last()) return false;
  return (x.contiguous && y.contiguous) || (x.strides == y.strides && dense(a) && dense(b));
}

Dtype result_type(const Tensor& a, const Tensor& b) {
  if ((a.dim() == 0) == (b.dim() == 0)) return promote_types(a.dtype(), b.dtype());
  const Tensor &array = a.dim() ? a : b, &number = a.dim() ? b : a;
  if (dtype_info(number.dtype()).kind <= dtype_info(array.dtype()).kind) return array.dtype();
  return promote_types(number.dtype(), array.dtype());
}

Dtype result_type(const Tensor& a, const Scalar& b) {
  if (b.is_floating_point() && !is_floating_point(a.dtype())) return default_dtype();
  if (b.kind() == kInt64 && a.dtype() == kBool) return kInt64;
  return a.dtype();
}

Tensor unary(Unary f, const Tensor& x, double p, double q) {
  if (!has_kernels(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x) { return kernel::unary(f, x, p, q); }, x);
  UnaryLoop loop = unary_loop(f, x.dtype());
  if (!loop) return unary(f, copy_of(x, default_dtype()), p, q);
  if (!dense(x)) return unary(f, kernel::contiguous(x), p, q);
  Tensor out = output_like(x, x.dtype());
  int64_t item = x.element_size();
  const char* from = flat_data<char>(x) + x.storage_offset() * (item - 1);
  char* to = flat_data<char>(out) + out.storage_offset() * (item - 1);
  bool libm = x.dtype() != kFloat32 || !unary_loop_f32(f);
  parallel_for(x.numel(), libm && unary_loop(f, kInt64) == nullptr ? kMathCost : kCost,
               [&](int64_t begin, int64_t end) { loop(from + begin * item, to + begin * item, end - begin, p, q); });
  return out;
}

Tensor unary(const UnaryLoops& loops, const Tensor& x, double p) {
  const Dtype result = is_floating_point(x.dtype()) ? x.dtype() : default_dtype(), dtype = dtype_info(result).compute;
  const Tensor from = x.dtype() == dtype && dense(x) ? x : copy_of(x, dtype);
  const UnaryLoop loop = dtype == kFloat64 ? loops.float64 : loops.float32;
  Tensor out = output_like(from, dtype);
  const int64_t item = from.element_size();
  const char* in = flat_data<char>(from) + from.storage_offset() * (item - 1);
  char* to = flat_data<char>(out) + out.storage_offset() * (item - 1);
  parallel_for(from.numel(), kMathCost,
               [&](int64_t begin, int64_t end) { loop(in + begin * item, to + begin * item, end - begin, p, 0); });
  return narrowed(out, result);
}

Tensor binary(const BinaryLoops& loops, const char* op, const Tensor& a, const Tensor& b) {
  const Dtype common = result_type(a, b), result = is_floating_point(common) ? common : default_dtype();
  const Dtype dtype = dtype_info(result).compute;
  const BinaryLoop* of_dtype = dtype == kFloat64 ? loops.float64 : loops.float32;
  const auto find = [&](Broadcast broadcast) { return of_dtype[static_cast<size_t>(broadcast)]; };
  return narrowed(run(find, op, to_dtype(a, dtype), to_dtype(b, dtype), dtype, kMathCost, 0, 0), result);
}

Tensor binary(Binary f, const char* op, const Tensor& a, const Tensor& b, double p, double q) {
  Dtype dtype = computed_in(f, result_type(a, b));
  if (!has_kernels(dtype)) [[unlikely]]
    return binary_in_wide(f, op, a, b, dtype, p, q);
  auto loop = [&](Broadcast w) { return binary_loop(f, dtype, w); };
  if (a.dtype() == dtype && b.dtype() == dtype) return run(loop, op, a, b, dtype, cost_of(f, dtype), p, q);
  return run(loop, op, to_dtype(a, dtype), to_dtype(b, dtype), dtype, cost_of(f, dtype), p, q);
}

Tensor binary(Binary f, const char* op, const Tensor& a, const Scalar& b, double p, double q) {
  Dtype dtype = computed_in(f, result_type(a, b));
  if (!has_kernels(dtype)) [[unlikely]]
    return binary_in_wide(f, op, a, number(b, dtype), dtype, p, q);
  return run([&](Broadcast w) { return binary_loop(f, dtype, w); }, op, to_dtype(a, dtype), number(b, dtype), dtype,
             cost_of(f, dtype), p, q);
}

Tensor binary_reversed(Binary f, const char* op, const Tensor& a, const Scalar& b, double p, double q) {
  Dtype dtype = computed_in(f, result_type(a, b));
  if (!has_kernels(dtype)) [[unlikely]]
    return binary_in_wide(f, op, number(b, dtype), a, dtype, p, q);
  return run([&](Broadcast w) { return binary_loop(f, dtype, w); }, op, number(b, dtype), to_dtype(a, dtype), dtype,
             cost_of(f, dtype), p, q);
}

Tensor compare(Compare f, const char* op, const Tensor& a, const Tensor& b) {
  Dtype dtype = dtype_info(result_type(a, b)).compute;
  return run([&](Broadcast w) { return compare_loop(f, dtype, w); }, op, to_dtype(a, dtype), to_dtype(b, dtype), kBool,
             cost_of(dtype), 1, 0);
}

Tensor compare(Compare f, const char* op, const Tensor& a, const Scalar& b) {
  const Dtype common = result_type(a, b), dtype = dtype_info(common).compute;
  const Tensor number = plain_number(b, common);
  return run([&](Broadcast w) { return compare_loop(f, dtype, w); }, op, to_dtype(a, dtype), to_dtype(number, dtype),
             kBool, cost_of(dtype), 1, 0);
}

namespace {
template <class T, Bitwise kOp, Broadcast kBroadcast>
void bitwise_rows(const void* a, const void* b, void* out, int64_t n, double, double) {
  const auto *pa = static_cast<const T*>(a), *pb = static_cast<const T*>(b);
  auto* to = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) {
    T x = pa[kBroadcast == Broadcast::A ? 0 : i], y = pb[kBroadcast == Broadcast::B ? 0 : i];
    to[i] = static_cast<T>(kOp == Bitwise::And ? x & y : kOp == Bitwise::Or ? x | y : x ^ y);
  }
}
template <class T, Bitwise kOp>
BinaryLoop bitwise_loop(Broadcast w) {
  return w == Broadcast::A   ? bitwise_rows<T, kOp, Broadcast::A>
         : w == Broadcast::B ? bitwise_rows<T, kOp, Broadcast::B>
                             : bitwise_rows<T, kOp, Broadcast::None>;
}
}  // namespace

Tensor bitwise(Bitwise f, const char* op, const Tensor& a, const Tensor& b) {
  const Dtype result = result_type(a, b), dtype = dtype_info(result).compute;
  if (is_floating_point(result)) detail::fail_dtype(op, result, detail::dtypes_of(KernelBits{}));
  auto find = [&](Broadcast w) -> BinaryLoop {
    return dispatch<KernelBits>(op, dtype, [&](auto tag) -> BinaryLoop {
      using T = typename decltype(tag)::type;
      return f == Bitwise::And  ? bitwise_loop<T, Bitwise::And>(w)
             : f == Bitwise::Or ? bitwise_loop<T, Bitwise::Or>(w)
                                : bitwise_loop<T, Bitwise::Xor>(w);
    });
  };
  return narrowed(run(find, op, to_dtype(a, dtype), to_dtype(b, dtype), dtype, 1, 1, 0), result);
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check<DtypeError>(condition.dtype() == kBool, "[where] the condition must be bool, got {}", condition.dtype());
  check<DtypeError>(a.dtype() == b.dtype(), "[where] needs one dtype, got {} and {}", a.dtype(), b.dtype());
  Dims sizes = broadcast_sizes("where", broadcast_sizes("where", condition.sizes(), a.sizes()), b.sizes());
  Tensor out = empty(sizes, a.dtype());
  auto walk = make_walk<4>(sizes, {out.impl().strides, broadcast_strides("where", condition, sizes),
                                   broadcast_strides("where", a, sizes), broadcast_strides("where", b, sizes)});
  dispatch_moved(a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto* c = condition.data_ptr<bool>();
    const auto *x = static_cast<const T*>(a.data_ptr()), *y = static_cast<const T*>(b.data_ptr());
    auto* to = static_cast<T*>(out.data_ptr());
    int64_t sc = walk.inner_stride(1), sx = walk.inner_stride(2), sy = walk.inner_stride(3);
    for_each_row<4>(walk, 1, [&](const std::array<int64_t, 4>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) to[at[0] + i] = c[at[1] + i * sc] ? x[at[2] + i * sx] : y[at[3] + i * sy];
    });
  });
  return out;
}

}  // namespace weft::kernel
