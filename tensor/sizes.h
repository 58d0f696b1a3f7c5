// Lists of integers: IntArrayRef (a view, for arguments) and Dims (owned, without allocation up to five).
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <vector>

namespace weft {

class IntArrayRef;

/// A short owned list of int64: sizes, strides. Five elements are stored inline, more on the heap.
class Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<int64_t> v) { assign(v.begin(), v.size()); }
  Dims(const int64_t* p, size_t n) { assign(p, n); }
  Dims(size_t n, int64_t value) { resize(n, value); }
  Dims(IntArrayRef v);  // NOLINT: sizes are copied freely
  Dims(const Dims& o) {
    if (o.heap_) [[unlikely]]
      assign(o.data(), o.size());
    else
      size_ = o.size_, copy_inline(o);
  }
  Dims(Dims&& o) noexcept { take(o); }
  Dims& operator=(const Dims& o) {
    if (this == &o) return *this;
    if (o.heap_ || heap_) [[unlikely]]
      assign(o.data(), o.size());
    else
      size_ = o.size_, copy_inline(o);
    return *this;
  }
  Dims& operator=(Dims&& o) noexcept {
    if (this != &o) {
      free_heap();
      take(o);
    }
    return *this;
  }
  ~Dims() { free_heap(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const int64_t* data() const { return heap_ ? heap_ : inline_; }
  int64_t* data() { return heap_ ? heap_ : inline_; }
  const int64_t* begin() const { return data(); }
  const int64_t* end() const { return data() + size_; }
  int64_t* begin() { return data(); }
  int64_t* end() { return data() + size_; }
  int64_t operator[](size_t i) const { return data()[i]; }
  int64_t& operator[](size_t i) { return data()[i]; }
  int64_t back() const { return data()[size_ - 1]; }
  void push_back(int64_t v) {
    reserve(size_ + 1);
    data()[size_++] = v;
  }
  void insert(size_t at, int64_t v);
  void erase(size_t at);
  void resize(size_t n, int64_t value = 0) {
    reserve(n);
    for (size_t i = size_; i < n; ++i) data()[i] = value;
    size_ = static_cast<uint32_t>(n);
  }

 private:
  static constexpr size_t kInline = 5;
  void assign(const int64_t* p, size_t n) {
    reserve(n);
    size_ = static_cast<uint32_t>(n);
    int64_t* to = data();
    for (size_t i = 0; i < n; ++i) to[i] = p[i];
  }
  void reserve(size_t n) {
    if (n > capacity_) [[unlikely]]
      grow(n);
  }
  void grow(size_t n);
  // Copies all slots, used or not: a fixed number of moves is faster than a loop.
  void copy_inline(const Dims& o) { std::memcpy(inline_, o.inline_, sizeof inline_); }
  void free_heap() {
    delete[] heap_;
    heap_ = nullptr;
  }
  void take(Dims& o) {
    size_ = o.size_, capacity_ = o.capacity_, heap_ = o.heap_;
    copy_inline(o);
    o.heap_ = nullptr, o.size_ = 0, o.capacity_ = kInline;
  }
  uint32_t size_ = 0, capacity_ = kInline;
  int64_t* heap_ = nullptr;
  int64_t inline_[kInline] = {};
};

/// A view of consecutive int64s, valid as long as the viewed list: use it for parameters, never for members.
class IntArrayRef {
 public:
  IntArrayRef() = default;
  IntArrayRef(const int64_t& one) : data_(&one), size_(1) {}  // NOLINT
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winit-list-lifetime"  // a list as argument lives as long as the call
#endif
  IntArrayRef(std::initializer_list<int64_t> v) : data_(v.begin()), size_(v.size()) {}  // NOLINT
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
  IntArrayRef(const std::vector<int64_t>& v) : data_(v.data()), size_(v.size()) {}  // NOLINT
  IntArrayRef(const Dims& v) : data_(v.data()), size_(v.size()) {}                  // NOLINT
  IntArrayRef(const int64_t* data, size_t size) : data_(data), size_(size) {}
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const int64_t* data() const { return data_; }
  const int64_t* begin() const { return data_; }
  const int64_t* end() const { return data_ + size_; }
  int64_t operator[](size_t i) const { return data_[i]; }
  /// Throw IndexError if the list is empty.
  int64_t front() const { return size_ ? data_[0] : no_element("front"); }
  int64_t back() const { return size_ ? data_[size_ - 1] : no_element("back"); }
  std::vector<int64_t> vec() const { return {begin(), end()}; }
  /// A loop: for so few elements a call of memcmp costs more.
  bool operator==(const IntArrayRef& o) const {
    if (size_ != o.size_) return false;
    int64_t differing = 0;
    for (size_t i = 0; i < size_; ++i) differing |= data_[i] ^ o.data_[i];
    return differing == 0;
  }

 private:
  [[noreturn]] static int64_t no_element(const char* which);
  const int64_t* data_ = nullptr;
  size_t size_ = 0;
};

inline Dims::Dims(IntArrayRef v) { assign(v.data(), v.size()); }
inline bool operator==(const Dims& a, const Dims& b) { return IntArrayRef(a) == IntArrayRef(b); }

/// The largest number of elements of a tensor, also with each size of 0 counted as 1: thus products of sizes, byte
/// counts and distances between elements fit into int64.
inline constexpr int64_t kMaxElements = int64_t{1} << 58;

[[noreturn]] void fail_sizes(const char* op, IntArrayRef sizes);

/// Product of the sizes; 1 for none. Throws ShapeError if one is negative or the product exceeds kMaxElements.
inline int64_t numel_of(IntArrayRef sizes, const char* op = "tensor") {
  int64_t n = 1, signs = 0;
  bool none = false, wraps = false;
  for (int64_t s : sizes) {
    none |= s == 0;
    signs |= s;
    wraps |= __builtin_mul_overflow(n, s == 0 ? 1 : s, &n);
  }
  if (wraps || signs < 0 || n > kMaxElements) [[unlikely]]
    fail_sizes(op, sizes);
  return none ? 0 : n;
}

/// Strides of a contiguous row-major array of these sizes, which must be valid for numel_of.
Dims contiguous_strides(IntArrayRef sizes);

/// The distance, in elements, from the first to the last element of a window of these sizes and strides. Throws
/// IndexError if a stride is negative or the distance exceeds every memory.
int64_t span_of(const char* op, IntArrayRef sizes, IntArrayRef strides);
/// Throws IndexError unless a window of these sizes and strides, starting at `offset`, fits into `elements` elements.
void check_window(const char* op, IntArrayRef sizes, IntArrayRef strides, int64_t offset, int64_t elements);

/// "[64, 1, 28, 28]"
std::string to_string(IntArrayRef sizes);
std::ostream& operator<<(std::ostream& out, IntArrayRef sizes);

}  // namespace weft

template <>
struct fmt::formatter<weft::IntArrayRef> {
  constexpr fmt::format_parse_context::iterator parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  fmt::format_context::iterator format(weft::IntArrayRef sizes, fmt::format_context& ctx) const;
};
template <>
struct fmt::formatter<weft::Dims> : fmt::formatter<weft::IntArrayRef> {};
