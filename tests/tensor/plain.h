// Shared by the tests of tensor/: tensors as plain vectors, tensors of known values in unusual memory layouts, thread
// counts.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/tensor.h"

namespace weft::plain {

/// Calls f(index) for every index of these sizes in row-major order.
template <class F>
void for_each_index(const std::vector<int64_t>& sizes, F&& f) {
  if (numel_of(sizes) == 0) return;
  std::vector<int64_t> at(sizes.size(), 0);
  for (;;) {
    f(at);
    size_t d = sizes.size();
    while (d > 0 && ++at[d - 1] == sizes[d - 1]) at[--d] = 0;
    if (d == 0) return;
  }
}

inline int64_t offset_of(const std::vector<int64_t>& at, IntArrayRef strides) {
  int64_t o = 0;
  for (size_t d = 0; d < at.size(); ++d) o += at[d] * strides[d];
  return o;
}

/// The elements in row-major order, read one by one through the strides.
inline std::vector<double> numbers(const Tensor& t) {
  std::vector<double> out;
  dispatch_all(t.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* p = t.data_ptr<T>();
    for_each_index(t.sizes().vec(), [&](const std::vector<int64_t>& at) {
      out.push_back(static_cast<double>(p[offset_of(at, t.strides())]));
    });
  });
  return out;
}

enum class Layout { Standard, Reversed, Strided, ChannelsLast };
inline const std::vector<Layout> kLayouts = {Layout::Standard, Layout::Reversed, Layout::Strided, Layout::ChannelsLast};

/// A tensor of these values (row-major order) with the memory of `layout`: dimensions from the last to the first; every
/// second element of a larger one; or, with four dimensions, privately channels-last (else standard).
inline Tensor tensor_of(const std::vector<double>& values, const std::vector<int64_t>& sizes, Dtype dtype,
                        Layout layout = Layout::Standard) {
  Dims strides = contiguous_strides(sizes), shown = strides;
  Ref<Storage> storage;
  const int64_t n = std::max<int64_t>(numel_of(sizes), 1), item = item_size(dtype);
  if (layout == Layout::Reversed) {
    int64_t s = 1;
    for (size_t d = 0; d < sizes.size(); ++d) strides[d] = s, s *= std::max<int64_t>(sizes[d], 1);
    shown = strides;
  } else if (layout == Layout::Strided) {
    for (int64_t& s : strides) s *= 2;
    shown = strides;
  } else if (layout == Layout::ChannelsLast && sizes.size() == 4 && numel_of(sizes) > 0) {
    storage = make_ref<Storage>(Storage::ImageSizes{sizes[0], sizes[1], sizes[2], sizes[3]}, item);
    strides = {sizes[1] * sizes[2] * sizes[3], 1, sizes[1] * sizes[3], sizes[1]};
  }
  if (!storage) storage = make_ref<Storage>(2 * n * item);
  bool private_order = false;
  void* memory = storage->raw(&private_order);
  dispatch_all(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    size_t i = 0;
    for_each_index(sizes, [&](const std::vector<int64_t>& at) {
      static_cast<T*>(memory)[offset_of(at, strides)] = static_cast<T>(values[i++]);
    });
  });
  return Tensor(storage, dtype, IntArrayRef(sizes), shown);
}

/// Reproducible values: integers in [low, high].
inline std::vector<double> some_integers(int64_t n, int low, int high, uint32_t seed = 1) {
  std::vector<double> out;
  for (int64_t i = 0; i < n; ++i) {
    seed = seed * 1664525u + 1013904223u;
    out.push_back(low + static_cast<int>((seed >> 16) % static_cast<uint32_t>(high - low + 1)));
  }
  return out;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.dtype() == y.dtype() && x.sizes() == y.sizes() && std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

/// True if make() gives the same bits at 1, 2 and 3 threads.
template <class F>
bool same_at_any_threads(F&& make) {
  const int before = get_num_threads();
  set_num_threads(1);
  const Tensor first = make();
  bool same = true;
  for (int n : {2, 3}) {
    set_num_threads(n);
    same = same && same_bits(first, make());
  }
  set_num_threads(before);
  return same;
}

inline const std::vector<Dtype> kDtypes = {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64};

}  // namespace weft::plain
