// What a Tensor handle points to.
#pragma once

#include <memory>

#include "weft/tensor/dtype.h"
#include "weft/tensor/sizes.h"
#include "weft/tensor/storage.h"

namespace weft {

/// Base of what autograd/ hangs on a tensor.
struct AutogradSlot : Pooled {
  virtual ~AutogradSlot() = default;
};

/// A tensor's body: a strided window on a storage. A window never changes after construction except through
/// Tensor::set_data and the in-place mechanism of autograd/.
struct TensorImpl : RefCounted<TensorImpl> {
  /// Throws ShapeError if the sizes are negative or too large. That the window lies in the storage is left to the
  /// caller: Tensor's constructor checks it, and a view op derives it from a window that does.
  TensorImpl(Ref<Storage> storage, Dtype dtype, Dims sizes, Dims strides, int64_t offset);
  /// The sizes and strides of `like` from `offset` on, in a storage that the caller knows to hold them. Nothing is
  /// computed anew, which small ops feel.
  TensorImpl(Ref<Storage> storage, Dtype dtype, const TensorImpl& like, int64_t offset) noexcept;
  ~TensorImpl();

  uint32_t no_grad_version = 0;  ///< of a view made while grad mode was off: the storage's version then
  Ref<Storage> storage;
  Dims sizes, strides;
  int64_t offset;  ///< elements
  int64_t numel;
  Dtype dtype;
  bool contiguous;             ///< row-major without gaps
  bool requires_grad = false;  ///< a leaf that wants a gradient, or the result of a recorded op
  bool no_grad_view = false;   ///< a view made while grad mode was off: no gradient passes through it
  bool donated = false;        ///< an elementwise kernel may write its result over this operand
  bool selected = false;       ///< a copy of elements of another tensor: assigning to this temporary reaches no one
  Ref<TensorImpl> base;        ///< of a view: the tensor it is a view of, which is no view itself
  std::unique_ptr<AutogradSlot> autograd;

  /// Number of impls alive in the process; tests use it to see that a dropped graph leaves nothing behind.
  static int64_t live();
};

/// Memory for a tensor; `image`: one of four dimensions that lies channels-last. Throws OutOfMemoryError naming the
/// sizes.
Ref<Storage> storage_for(const Dims& sizes, Dtype dtype, bool image = false);

}  // namespace weft
