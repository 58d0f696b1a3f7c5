// Indexing with several tensors at once: x[i, :, j] and x[i, :, j] = v.
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/kernels/index/index_common.h"
#include "weft/tensor/kernels/walk/odometer.h"
#include "weft/tensor/kernels/walk/strided.h"
#include "weft/tensor/shape.h"

namespace weft::kernel {
namespace {

// The indexed tensor as [before, picked, after]: `picked` runs over the broadcast index tensors, the others over full
// dimensions.
struct Selection {
  Dims before, before_strides, picked, after, after_strides;
  int64_t picks = 1, after_count = 1;
  Dims sizes() const {
    Dims out = before;
    for (int64_t s : picked) out.push_back(s);
    for (int64_t s : after) out.push_back(s);
    return out;
  }
};

Selection select(const Tensor& x, const IndexTensors& indices) {
  check<IndexError>(static_cast<int64_t>(indices.size()) <= x.dim(), "[index] {} indices for a tensor of sizes {}",
                    indices.size(), x.sizes());
  size_t first = indices.size(), last = 0, count = 0;
  Selection s;
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!indices[d].defined()) continue;
    first = std::min(first, d), last = d, ++count;
    s.picked = broadcast_sizes("index", s.picked, indices[d].sizes());
  }
  check<IndexError>(count > 0, "[index] no index tensor given");
  const bool neighbours = last - first + 1 == count;
  for (size_t d = 0; d < x.sizes().size(); ++d) {
    if (d < indices.size() && indices[d].defined()) continue;
    const bool front = neighbours && d < first;
    (front ? s.before : s.after).push_back(x.sizes()[d]);
    (front ? s.before_strides : s.after_strides).push_back(x.impl().strides[d]);
  }
  s.picks = numel_of(s.picked), s.after_count = numel_of(s.after);
  return s;
}

// t repeated to `sizes`, contiguous.
Tensor spread(const char* op, const Tensor& t, IntArrayRef sizes) {
  if (t.sizes() == sizes) return kernel::contiguous(t);
  Tensor view(t.impl().storage, t.dtype(), sizes, broadcast_strides(op, t, sizes), t.storage_offset());
  return kernel::contiguous(view);
}

// Offset in x of each pick, in elements. An error names dims[d], if given, for dimension d of x.
std::vector<int64_t> offsets(const char* op, const Tensor& x, const IndexTensors& indices, const Selection& s,
                             IntArrayRef dims) {
  std::vector<int64_t> out(s.picks, 0);
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!indices[d].defined()) continue;
    const Tensor at = spread(op, index_numbers(op, indices[d]), s.picked);
    const int64_t* p = at.data_ptr<int64_t>();
    const int64_t size = x.sizes()[d], stride = x.impl().strides[d];
    for (int64_t i = 0; i < s.picks; ++i) {
      const int64_t k = p[i];
      if (k < -size || k >= size) [[unlikely]]
        fail_index(op, k, dims.empty() ? static_cast<int64_t>(d) : dims[d], size);
      out[i] += (k < 0 ? k + size : k) * stride;
    }
  }
  return out;
}

template <class T>
void pick(const Tensor& x, const Selection& s, const std::vector<int64_t>& picks, const Tensor& out) {
  const T* from = static_cast<const T*>(x.data_ptr());
  T* to = static_cast<T*>(out.data_ptr());
  const auto rest = make_walk<2>(s.after, {s.after_strides, contiguous_strides(s.after)});
  const int64_t row = rest.inner(), stride = rest.inner_stride(0), rows = s.after_count / std::max<int64_t>(row, 1);
  Dims outer_sizes = rest.sizes, outer_strides = rest.strides[0];
  if (!outer_sizes.empty()) outer_sizes.erase(outer_sizes.size() - 1), outer_strides.erase(outer_strides.size() - 1);
  parallel_for(numel_of(s.before) * s.picks, 5 + 0.3 * static_cast<double>(s.after_count),
               [&](int64_t begin, int64_t end) {
                 Odometer<1> front(s.before, {s.before_strides}), back(outer_sizes, {outer_strides});
                 for (int64_t i = begin; i < end; ++i) {
                   if (i == begin || i % s.picks == 0) front.seek(i / s.picks);
                   back.seek(0);
                   for (int64_t r = 0; r < rows; ++r, back.next()) {
                     const T* a = from + front.offset(0) + picks[i % s.picks] + back.offset(0);
                     T* b = to + i * s.after_count + r * row;
                     if (stride == 1)
                       std::memcpy(b, a, row * sizeof(T));
                     else
                       for (int64_t c = 0; c < row; ++c) b[c] = a[c * stride];
                   }
                 }
               });
}

// Different picks may address the same element: one thread handles all picks of its elements, in order.
template <class T, bool kAdd>
void put(const Tensor& out, const Selection& s, const std::vector<int64_t>& picks, const Tensor& value) {
  T* to = static_cast<T*>(out.data_ptr());
  const T* from = static_cast<const T*>(value.data_ptr());
  Dims sizes = s.before, strides = s.before_strides, value_strides = contiguous_strides(s.before);
  for (size_t d = 0; d < s.before.size(); ++d) value_strides[d] *= s.picks * s.after_count;
  const Dims after_value = contiguous_strides(s.after);
  for (size_t d = 0; d < s.after.size(); ++d) {
    sizes.push_back(s.after[d]), strides.push_back(s.after_strides[d]), value_strides.push_back(after_value[d]);
  }
  const auto walk = make_walk<2>(sizes, {strides, value_strides});
  const int64_t so = walk.inner_stride(0), sv = walk.inner_stride(1);
  for_each_row<2>(walk, 1 + static_cast<double>(s.picks), [&](const std::array<int64_t, 2>& row, int64_t n) {
    for (int64_t p = 0; p < s.picks; ++p) {
      T* a = to + row[0] + picks[p];
      const T* b = from + row[1] + p * s.after_count;
      for (int64_t i = 0; i < n; ++i) a[i * so] = kAdd ? wrap_add(a[i * so], b[i * sv]) : b[i * sv];
    }
  });
}

}  // namespace

Dims indexed_sizes(const Tensor& x, const IndexTensors& indices) { return select(x, indices).sizes(); }

Tensor index(const Tensor& x, const IndexTensors& indices, IntArrayRef dims) {
  const Selection s = select(x, indices);
  const std::vector<int64_t> picks = offsets("index", x, indices, s, dims);
  Tensor out = empty(s.sizes(), x.dtype());
  if (out.numel() > 0)
    dispatch_moved(x.dtype(), [&](auto tag) { pick<typename decltype(tag)::type>(x, s, picks, out); });
  return out;
}

void index_put_into(const Tensor& out, const IndexTensors& indices, const Tensor& value, bool accumulate,
                    IntArrayRef dims) {
  check<DtypeError>(value.dtype() == out.dtype(), "[index_put] the value is {}, the tensor {}", value.dtype(),
                    out.dtype());
  if (accumulate && !has_kernels(out.dtype())) [[unlikely]]
    return change_in_wide(
        [&](const Tensor& out, const Tensor& value) { index_put_into(out, indices, value, true, dims); }, out, value);
  const Selection s = select(out, indices);
  const std::vector<int64_t> picks = offsets("index_put", out, indices, s, dims);
  const Tensor full = spread("index_put", value, s.sizes());
  if (full.numel() == 0) return;
  if (accumulate)
    dispatch<KernelTypes>("index_put", out.dtype(),
                          [&](auto tag) { put<typename decltype(tag)::type, true>(out, s, picks, full); });
  else
    dispatch_moved(out.dtype(), [&](auto tag) { put<typename decltype(tag)::type, false>(out, s, picks, full); });
}

}  // namespace weft::kernel
