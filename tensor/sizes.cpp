#include "weft/tensor/sizes.h"

#include "weft/tensor/error.h"

namespace weft {

void Dims::grow(size_t n) {
  constexpr size_t kMost = size_t{1} << 31;
  check<ShapeError>(n < kMost, "[Dims] a list of {} integers, at most {} are supported", n, kMost - 1);
  const size_t capacity = std::max<size_t>(n, 2 * capacity_);
  auto* heap = new int64_t[capacity];
  std::copy(begin(), end(), heap);
  free_heap();
  heap_ = heap;
  capacity_ = static_cast<uint32_t>(capacity);
}

void Dims::insert(size_t at, int64_t v) {
  reserve(size_ + 1);
  std::copy_backward(begin() + at, end(), end() + 1);
  data()[at] = v;
  ++size_;
}

void Dims::erase(size_t at) {
  std::copy(begin() + at + 1, end(), begin() + at);
  --size_;
}

int64_t IntArrayRef::no_element(const char* which) { fail<IndexError>("[IntArrayRef] {}(): it is empty", which); }

void fail_sizes(const char* op, IntArrayRef sizes) {
  for (int64_t s : sizes) check<ShapeError>(s >= 0, "[{}] sizes must not be negative, got {}", op, sizes);
  fail<ShapeError>("[{}] sizes {} are too large: a tensor has at most 2^58 elements", op, sizes);
}

Dims contiguous_strides(IntArrayRef sizes) {
  Dims strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(sizes[i], 1);
  return strides;
}

int64_t span_of(const char* op, IntArrayRef sizes, IntArrayRef strides) {
  int64_t span = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    int64_t step = 0;
    const int64_t last = std::max<int64_t>(sizes[d], 1) - 1;
    const bool fits = strides[d] >= 0 && strides[d] <= kMaxElements &&
                      !__builtin_mul_overflow(last, strides[d], &step) && step <= kMaxElements - span;
    check<IndexError>(fits, "[{}] strides {} of sizes {} must not be negative, nor reach beyond 2^58 elements", op,
                      strides, sizes);
    span += step;
  }
  return span;
}

void check_window(const char* op, IntArrayRef sizes, IntArrayRef strides, int64_t offset, int64_t elements) {
  const int64_t needed = numel_of(sizes, op) == 0 ? 0 : 1, last = span_of(op, sizes, strides);
  check<IndexError>(offset >= 0 && offset <= elements - needed && (needed == 0 || last <= elements - 1 - offset),
                    "[{}] sizes {} with strides {} from {} on leave the storage of {} elements", op, sizes, strides,
                    offset, elements);
}

std::string to_string(IntArrayRef sizes) {
  std::string s = "[";
  for (size_t i = 0; i < sizes.size(); ++i) s += (i ? ", " : "") + std::to_string(sizes[i]);
  return s + "]";
}

std::ostream& operator<<(std::ostream& out, IntArrayRef sizes) { return out << to_string(sizes); }

}  // namespace weft

fmt::format_context::iterator fmt::formatter<weft::IntArrayRef>::format(weft::IntArrayRef sizes,
                                                                        fmt::format_context& ctx) const {
  const auto text = weft::to_string(sizes);
  return std::copy(text.begin(), text.end(), ctx.out());
}
