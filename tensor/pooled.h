// Allocates small, short-lived objects of ops from the thread's own cache.
#pragma once

#include <cstddef>

namespace weft {
namespace detail {
void* allocate_object(size_t bytes);
void free_object(void* object, size_t bytes) noexcept;
}  // namespace detail

/// Base of classes allocated this way. A class that is deleted through its base has a virtual destructor.
struct Pooled {
  static void* operator new(size_t bytes) { return detail::allocate_object(bytes); }
  static void operator delete(void* object, size_t bytes) noexcept { detail::free_object(object, bytes); }
};

/// The same for the nodes of standard containers.
template <class T>
struct PooledAllocator {
  using value_type = T;
  PooledAllocator() = default;
  template <class U>
  PooledAllocator(const PooledAllocator<U>&) {}  // NOLINT: containers rebind it
  T* allocate(size_t n) { return static_cast<T*>(detail::allocate_object(n * sizeof(T))); }
  void deallocate(T* p, size_t n) noexcept { detail::free_object(p, n * sizeof(T)); }
  bool operator==(const PooledAllocator&) const { return true; }
};

}  // namespace weft
