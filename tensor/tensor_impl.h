// The body of a tensor, to which a Tensor handle points.
#pragma once

#include <atomic>
#include <memory>

#include "weft/tensor/dtype.h"
#include "weft/tensor/sizes.h"
#include "weft/tensor/storage.h"

namespace weft {

/// Base of the data that autograd/ attaches to a tensor.
struct AutogradSlot : Pooled {
  virtual ~AutogradSlot() = default;
};

/// Owns an AutogradSlot; empty until a thread fills it, which several may try at once.
class SlotOwner {
 public:
  SlotOwner() = default;
  SlotOwner(const SlotOwner&) = delete;
  ~SlotOwner() { delete get(); }
  AutogradSlot* get() const { return slot_.load(std::memory_order_acquire); }
  /// Keeps `fresh` unless there is a slot already. Returns the slot.
  AutogradSlot* fill(std::unique_ptr<AutogradSlot> fresh) {
    AutogradSlot* expected = nullptr;
    if (!slot_.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) return expected;
    return fresh.release();
  }

 private:
  std::atomic<AutogradSlot*> slot_{nullptr};
};

/// A tensor's body: a strided window on a storage. A window never changes after construction except through
/// Tensor::set_data and the in-place mechanism of autograd/.
struct TensorImpl : RefCounted<TensorImpl> {
  /// Throws ShapeError if the sizes are negative or too large. The caller ensures that the window fits into the
  /// storage: Tensor's constructor checks it, and a view op derives it from a valid window.
  TensorImpl(Ref<Storage> storage, Dtype dtype, Dims sizes, Dims strides, int64_t offset);
  /// The sizes and strides of `like` from `offset` on, in a storage that the caller knows to hold them. Nothing is
  /// recomputed, for the speed of small ops.
  TensorImpl(Ref<Storage> storage, Dtype dtype, const TensorImpl& like, int64_t offset) noexcept;
  ~TensorImpl();

  uint32_t no_grad_version = 0;  ///< of a view made while grad mode was off: the storage's version at that time
  Ref<Storage> storage;
  Dims sizes, strides;
  int64_t offset;  ///< elements
  int64_t numel;
  Dtype dtype;
  bool contiguous;             ///< row-major without gaps
  bool requires_grad = false;  ///< a leaf that requires a gradient, or the result of a recorded op
  bool no_grad_view = false;   ///< a view made while grad mode was off: no gradient passes through it
  bool donated = false;        ///< an elementwise kernel may write its result over this operand
  bool selected = false;       ///< a copy of another tensor's elements: assigning to this temporary has no effect
  Ref<TensorImpl> base;        ///< of a view: the tensor it is a view of, which is not itself a view
  SlotOwner autograd;

  /// Number of impls alive in the process; tests use it to detect leaks of dropped graphs.
  static int64_t live();
};

/// Memory for a tensor; `image`: a four-dimensional one that is stored channels-last. Throws OutOfMemoryError with the
/// sizes.
Ref<Storage> storage_for(const Dims& sizes, Dtype dtype, bool image = false);

}  // namespace weft
