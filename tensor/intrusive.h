// A reference count inside the object, and the pointer that owns it.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "weft/tensor/pooled.h"

namespace weft {

/// Base of reference-counted objects. An object starts with one reference, which make_ref() takes.
/// Derived::destroy(const Derived*) frees the derived class; it deletes by default, and a class whose destruction could
/// recurse hides it with its own. A class that tables of weak pointers revive by try_retain() hides revivable().
template <class Derived>
class RefCounted : public Pooled {
 public:
  bool revivable() const noexcept { return false; }
  void retain() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  /// Not named release: a Node's release() frees something else, and would hide this one from Ref.
  void drop() const noexcept {
    const auto* self = static_cast<const Derived*>(this);
    // The only owner needs no locked instruction, since nobody else can increment the count.
    if ((refs_.load(std::memory_order_acquire) == 1 && !self->revivable()) ||
        refs_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      Derived::destroy(self);
  }
  int64_t use_count() const noexcept { return refs_.load(std::memory_order_acquire); }
  /// Takes a new reference unless the object is being destroyed: for tables of weak pointers, under their lock.
  bool try_retain() const noexcept {
    int32_t n = refs_.load(std::memory_order_relaxed);
    while (n > 0)
      if (refs_.compare_exchange_weak(n, n + 1, std::memory_order_acq_rel)) return true;
    return false;
  }
  static void destroy(const Derived* p) noexcept { delete p; }

 private:
  mutable std::atomic<int32_t> refs_{1};
};

/// Pointer-sized owner of a RefCounted object.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT: a null pointer is a Ref
  explicit Ref(T* p) : p_(p) {
    if (p_) p_->retain();
  }
  Ref(const Ref& o) : Ref(o.p_) {}
  Ref(Ref&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  template <class U>
  requires std::is_convertible_v<U*, T*> Ref(const Ref<U>& o)  // NOLINT: as for raw pointers
      : Ref(static_cast<T*>(o.get())) {}
  template <class U>
  requires std::is_convertible_v<U*, T*> Ref(Ref<U>&& o)  // NOLINT
  noexcept : p_(o.detach()) {}
  Ref& operator=(Ref o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Ref() {
    if (p_) p_->drop();
  }
  /// Owns p without incrementing: p was counted already.
  static Ref adopt(T* p) {
    Ref r;
    r.p_ = p;
    return r;
  }
  /// Releases ownership without decrementing.
  T* detach() noexcept { return std::exchange(p_, nullptr); }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  bool operator==(const Ref& o) const { return p_ == o.p_; }

 private:
  T* p_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace weft
