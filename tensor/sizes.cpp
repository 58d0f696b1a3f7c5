#include "weft/tensor/sizes.h"

#include "weft/tensor/error.h"

namespace weft {

void Dims::grow(size_t n) {
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

Dims contiguous_strides(IntArrayRef sizes) {
  Dims strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(sizes[i], 1);
  return strides;
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
