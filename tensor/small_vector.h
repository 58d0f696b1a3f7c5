// A list with inline storage for its first N elements: for the short lists of every recorded op.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace weft {

/// Like std::vector, for elements that are default-constructible and movable. No allocation up to N elements; beyond,
/// all of them are on the heap. A moved-from list is empty.
template <class T, size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  explicit SmallVector(size_t n) { resize(n); }
  SmallVector(SmallVector&& o) noexcept
      : size_(std::exchange(o.size_, 0)), few_(std::move(o.few_)), many_(std::move(o.many_)) {}
  SmallVector& operator=(SmallVector&& o) noexcept {
    size_ = std::exchange(o.size_, 0);
    few_ = std::move(o.few_);
    many_ = std::move(o.many_);
    return *this;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return size_ > N ? many_.data() : few_.data(); }
  const T* data() const { return size_ > N ? many_.data() : few_.data(); }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }

  void push_back(T value) {
    if (size_ < N) [[likely]] {
      few_[size_++] = std::move(value);
      return;
    }
    resize(size_ + 1);
    back() = std::move(value);
  }
  void resize(size_t n) {
    if (n > N) {
      if (size_ <= N) {
        many_.clear();
        for (size_t i = 0; i < size_; ++i) many_.push_back(std::exchange(few_[i], T()));
      }
      many_.resize(n);
    } else {
      if (size_ > N)
        for (size_t i = 0; i < n; ++i) few_[i] = std::move(many_[i]);
      for (size_t i = n; i < std::min(size_, N); ++i) few_[i] = T();
      if (size_ > N) many_.clear();
    }
    size_ = n;
  }
  void reserve(size_t n) {
    if (n > N) many_.reserve(n);
  }
  void clear() { resize(0); }

 private:
  size_t size_ = 0;
  std::array<T, N> few_{};
  std::vector<T> many_;
};

}  // namespace weft
