// pad and pixel_shuffle.
#include <algorithm>
#include <vector>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft {
namespace {

using autograd::op;
using autograd::record;

// The part of t inside both: dimension d of t is cropped by -low and -high where those are negative.
Tensor without_negative(const Tensor& t, IntArrayRef low, IntArrayRef high) {
  Dims sizes = t.sizes();
  int64_t offset = t.storage_offset();
  for (size_t d = 0; d < sizes.size(); ++d) {
    sizes[d] = std::max<int64_t>(sizes[d] + std::min<int64_t>(low[d], 0) + std::min<int64_t>(high[d], 0), 0);
    if (sizes[d] > 0) offset += std::max<int64_t>(-low[d], 0) * t.impl().strides[d];
  }
  if (numel_of(sizes) == 0) offset = t.storage_offset();  // a side is cropped by more than it holds
  return Tensor(t.impl().storage, t.dtype(), sizes, t.impl().strides, offset);
}

// Fills the added border: a slab at each end of each dimension.
void fill_borders(const Tensor& out, const Dims& low, const Dims& high, double value) {
  Dims none = out.sizes();
  for (int64_t& n : none) n = 0;
  for (size_t d = 0; d < low.size(); ++d) {
    const int64_t size = out.sizes()[d];
    Dims rest = none;
    auto fill = [&](int64_t width, bool at_start) {
      if (width <= 0) return;
      rest[d] = std::min<int64_t>(width, size) - size;
      kernel::fill(at_start ? without_negative(out, none, rest) : without_negative(out, rest, none), value);
    };
    fill(low[d], true);
    fill(high[d], false);
  }
}

// low and high: the padding before and after, by dimension; negative values crop.
Tensor pad_constant(const Tensor& x, const Dims& low, const Dims& high, double value) {
  Dims sizes = x.sizes(), minus_low = low, minus_high = high;
  for (size_t d = 0; d < sizes.size(); ++d) {
    sizes[d] += low[d] + high[d];
    check<ShapeError>(sizes[d] >= 0, "[pad] {} before and {} after leave nothing of dimension {} of {}", low[d],
                      high[d], d, x.sizes());
    minus_low[d] = -low[d], minus_high[d] = -high[d];
  }
  const Tensor out = empty(sizes, x.dtype());
  if (out.numel() > 0) fill_borders(out, low, high, value);
  const Tensor to = without_negative(out, minus_low, minus_high);
  if (to.numel() > 0) kernel::copy(to, without_negative(x, low, high));
  return record(op("pad", "before", low, "after", high, "value", value), out, {x},
                [minus_low, minus_high](const Tensor& g) { return pad_constant(g, minus_low, minus_high, 0); });
}

// For each position of the padded dimension, the index of its source among the n elements.
Tensor source_positions(std::string_view mode, int64_t n, int64_t low, int64_t high) {
  const Tensor out = empty({n + low + high}, kInt64);
  auto* to = out.data_ptr<int64_t>();
  for (int64_t i = -low; i < n + high; ++i) {
    int64_t from = i;
    if (mode == "reflect")
      from = i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
    else if (mode == "replicate")
      from = std::clamp<int64_t>(i, 0, n - 1);
    else
      from = i < 0 ? i + n : i >= n ? i - n : i;
    to[i + low] = from;
  }
  return out;
}

Tensor pad_dimension(const Tensor& x, std::string_view mode, int64_t dim, int64_t low, int64_t high) {
  const int64_t n = x.size(dim), widest = std::max(low, high);
  const int64_t limit = mode == "reflect" ? n - 1 : mode == "circular" ? n : n > 0 ? widest : -1;
  check<ShapeError>(widest <= limit && n + low + high >= 0, "[pad] {} padding of {} and {} for dimension {} of {}",
                    mode, low, high, dim, x.sizes());
  return x.index_select(dim, source_positions(mode, n, low, high));
}

}  // namespace

Tensor pad(const Tensor& x, IntArrayRef pad, std::string_view mode, double value) {
  check<ValueError>(mode == "constant" || mode == "reflect" || mode == "replicate" || mode == "circular",
                    "[pad] unknown mode {}; expected constant, reflect, replicate or circular", mode);
  check<ShapeError>(pad.size() % 2 == 0 && pad.size() / 2 <= x.sizes().size(),
                    "[pad] padding {} for a tensor of sizes {}: expected two integers for each of the last dimensions",
                    pad, x.sizes());
  for (int64_t n : pad)
    check<ShapeError>(-kMaxElements <= n && n <= kMaxElements, "[pad] padding {} is beyond 2^58 elements", pad);
  Dims low(x.sizes().size(), 0), high = low;
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    low[low.size() - 1 - i] = pad[2 * i], high[low.size() - 1 - i] = pad[2 * i + 1];
  }
  if (mode == "constant") return pad_constant(x, low, high, value);
  Tensor out = x;
  for (size_t d = 0; d < low.size(); ++d)
    if (low[d] != 0 || high[d] != 0) out = pad_dimension(out, mode, static_cast<int64_t>(d), low[d], high[d]);
  return out.is_same(x) ? x.clone() : out;
}

Tensor pixel_shuffle(const Tensor& x, int64_t upscale_factor) {
  const int64_t r = upscale_factor;
  constexpr int64_t kMost = int64_t{1} << 29;
  check<ValueError>(r > 0 && r <= kMost, "[pixel_shuffle] upscale_factor must be in [1, {}], got {}", kMost, r);
  check<ShapeError>(x.dim() >= 3 && x.size(-3) % (r * r) == 0,
                    "[pixel_shuffle] sizes {}: needs [*, C {}, H, W], a number of channels that {} divides", x.sizes(),
                    r * r, r * r);
  const int64_t c = x.size(-3) / (r * r), h = x.size(-2), w = x.size(-1);
  Dims sizes(x.sizes().data(), x.sizes().size() - 3);
  for (int64_t s : {c, h * r, w * r}) sizes.push_back(s);
  return x.reshape({-1, c, r, r, h, w}).permute({0, 1, 4, 2, 5, 3}).reshape(sizes);
}

}  // namespace weft
