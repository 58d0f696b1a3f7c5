#include "weft/tensor/kernels/reduce/reduce_plan.h"

namespace weft::kernel {
namespace {

using Dim = ReducePlan::Dim;

// A stride of 0 (a repeated dimension) goes outside: inside, it would hide runs of adjacent elements.
int64_t rank(const Dim& d) { return d.in == 0 ? std::numeric_limits<int64_t>::max() : d.in; }

void sort_and_merge(ReducePlan::DimList& dims) {
  for (size_t i = 1; i < dims.size(); ++i)
    for (size_t j = i; j > 0 && rank(dims[j - 1]) < rank(dims[j]); --j) std::swap(dims[j - 1], dims[j]);
  size_t merged = 0;
  for (const Dim& d : dims) {
    if (merged > 0 && dims[merged - 1].in == d.in * d.size && dims[merged - 1].out == d.out * d.size)
      dims[merged - 1] = {dims[merged - 1].size * d.size, d.in, d.out};
    else
      dims[merged++] = d;
  }
  dims.resize(merged);
}

}  // namespace

RawView::RawView(const Tensor& x) {
  const TensorImpl& t = x.impl();
  bool channels_last = false;
  data = static_cast<const char*>(t.storage->raw(&channels_last)) + t.offset * item_size(t.dtype);
  strides = t.strides;
  if (channels_last) {
    const Dims& s = t.sizes;
    strides = {s[1] * s[2] * s[3], 1, s[1] * s[3], s[1]};
  }
}

ReducePlan::ReducePlan(IntArrayRef sizes, IntArrayRef strides, const DimMask& mask) {
  int64_t out = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    (mask[d] ? per_output : outputs) *= sizes[d];
    if (sizes[d] == 1) continue;
    (mask[d] ? reduced : kept).push_back({sizes[d], strides[d], mask[d] ? 0 : out});
    if (!mask[d]) out *= sizes[d];
  }
  if (outputs == 0 || per_output == 0) return;
  sort_and_merge(kept);
  sort_and_merge(reduced);
  columns = !kept.empty() && kept.back().in == 1 && !(!reduced.empty() && reduced.back().in == 1);
}

}  // namespace weft::kernel
