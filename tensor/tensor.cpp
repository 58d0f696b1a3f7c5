#include "weft/tensor/tensor.h"

#include "weft/tensor/shape.h"

namespace weft {

Tensor::Tensor(Ref<Storage> storage, Dtype dtype, Dims sizes, Dims strides, int64_t offset)
    : impl_(make_ref<TensorImpl>(std::move(storage), dtype, std::move(sizes), std::move(strides), offset)) {
  // Without gaps the last element is known; other windows are walked.
  const TensorImpl& t = *impl_;
  const int64_t bytes = t.storage->bytes(), item = item_size(dtype);
  if (!t.contiguous || static_cast<uint64_t>(offset) > kMaxElements || (offset + t.numel) * item > bytes) [[unlikely]]
    check_window("tensor", t.sizes, t.strides, offset, bytes / item);
}

void Tensor::undefined() {
  fail<StateError>("[tensor] this tensor is undefined: it was default-constructed or moved from");
}

void Tensor::wrong_dtype(Dtype asked) const {
  fail<DtypeError>("[data_ptr] called with {} on a tensor of {}", asked, dtype());
}

void Tensor::wrong_dims(size_t asked) const {
  fail<ShapeError>("[accessor] called with {} dimensions on a tensor of sizes {}", asked, sizes());
}

int64_t Tensor::size(int64_t d) const {
  check<IndexError>(dim() > 0, "[size] a tensor without dimensions has no size {}", d);
  return sizes()[wrap_dim("size", d, dim())];
}

int64_t Tensor::stride(int64_t d) const {
  check<IndexError>(dim() > 0, "[stride] a tensor without dimensions has no stride {}", d);
  return strides()[wrap_dim("stride", d, dim())];
}

bool Tensor::is_contiguous(MemoryFormat format) const {
  const TensorImpl& t = impl();
  if (format == MemoryFormat::Contiguous) return t.contiguous;
  if (t.sizes.size() != 4) return false;
  int64_t expected = 1;
  for (size_t d : {1, 3, 2, 0}) {
    if (t.sizes[d] != 1 && t.strides[d] != expected) return false;
    expected *= t.sizes[d];
  }
  return true;
}

Scalar Tensor::item() const {
  check<ShapeError>(numel() == 1, "[item] needs a tensor of one element, got {}", sizes());
  return dispatch_all(dtype(), [&](auto tag) { return Scalar(*data_ptr<typename decltype(tag)::type>()); });
}

Tensor& Tensor::written_through(const char* op) {
  check<StateError>(!impl().selected || use_count() > 1,
                    "[{}] the left side is a copy of selected elements, so the assignment would change nothing else; "
                    "use index_put_, masked_fill_ or scatter_",
                    op);
  return *this;
}

}  // namespace weft
