#include "weft/tensor/overlap.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

namespace weft {
namespace {

constexpr int64_t kExact = 1 << 20;  // elements

// The distance between the first and the last element.
int64_t reach(const TensorImpl& t) {
  int64_t last = 0;
  for (size_t d = 0; d < t.sizes.size(); ++d) last += (t.sizes[d] - 1) * t.strides[d];
  return last;
}

bool same_view(const TensorImpl& a, const TensorImpl& b) {
  if (a.offset != b.offset || a.dtype != b.dtype || !(a.sizes == b.sizes)) return false;
  for (size_t d = 0; d < a.sizes.size(); ++d)
    if (a.sizes[d] != 1 && a.strides[d] != b.strides[d]) return false;
  return true;
}

int64_t common_step(const TensorImpl& t, int64_t step) {
  for (size_t d = 0; d < t.sizes.size(); ++d)
    if (t.sizes[d] != 1) step = std::gcd(step, t.strides[d]);
  return step;
}

// Two windows on one storage.
Overlap overlap_of_windows(const TensorImpl& a, const TensorImpl& b) {
  if (same_view(a, b)) return Overlap::Same;
  if (a.offset > b.offset + reach(b) || b.offset > a.offset + reach(a)) return Overlap::None;
  // The columns of a matrix interleave without a common element: all their elements are a multiple of the step apart.
  const int64_t step = common_step(b, common_step(a, 0));
  if (step > 1 && (a.offset - b.offset) % step != 0) return Overlap::None;
  return Overlap::Partial;
}

// Two storages, one of which is user memory, which may be passed twice.
Overlap overlap_of_addresses(const TensorImpl& a, const TensorImpl& b) {
  struct Range {
    explicit Range(const TensorImpl& t) {
      const auto* base = static_cast<const char*>(t.storage->data());
      begin = base + t.offset * item_size(t.dtype), end = begin + (reach(t) + 1) * item_size(t.dtype);
    }
    const char *begin, *end;
  };
  const Range x(a), y(b);
  const std::less<const char*> before;
  if (!before(x.begin, y.end) || !before(y.begin, x.end)) return Overlap::None;
  const bool same = x.begin == y.begin && a.dtype == b.dtype && a.sizes == b.sizes && a.strides == b.strides;
  return same ? Overlap::Same : Overlap::Partial;
}

// True if the elements are distinct because each stride exceeds the reach of all smaller ones.
bool nests(const TensorImpl& t) {
  std::vector<std::pair<int64_t, int64_t>> dims;  // stride, size
  for (size_t d = 0; d < t.sizes.size(); ++d)
    if (t.sizes[d] > 1) dims.emplace_back(t.strides[d], t.sizes[d]);
  std::sort(dims.begin(), dims.end());
  int64_t reached = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reached) return false;
    reached += (size - 1) * stride;
  }
  return true;
}

// True if an element is reached twice, determined by marking all.
bool repeats(const TensorImpl& t) {
  std::vector<int64_t> at{0};
  for (size_t d = 0; d < t.sizes.size(); ++d) {
    const size_t n = at.size();
    at.reserve(n * static_cast<size_t>(t.sizes[d]));
    for (int64_t i = 1; i < t.sizes[d]; ++i)
      for (size_t k = 0; k < n; ++k) at.push_back(at[k] + i * t.strides[d]);
  }
  std::sort(at.begin(), at.end());
  return std::adjacent_find(at.begin(), at.end()) != at.end();
}

}  // namespace

Overlap overlap_of(const TensorImpl& a, const TensorImpl& b) {
  if (a.numel == 0 || b.numel == 0) return Overlap::None;
  if (a.storage == b.storage) return overlap_of_windows(a, b);
  if (a.storage->is_own() && b.storage->is_own()) return Overlap::None;
  return overlap_of_addresses(a, b);
}

bool overlaps_itself(const TensorImpl& t) {
  if (t.contiguous || t.numel <= 1 || nests(t)) return false;
  for (size_t d = 0; d < t.sizes.size(); ++d)
    if (t.sizes[d] > 1 && t.strides[d] == 0) return true;
  return t.numel > kExact || repeats(t);
}

}  // namespace weft
