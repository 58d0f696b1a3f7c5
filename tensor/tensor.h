// Tensor: the one handle of weft. Its ops are the rows of ops.def; creation.h has the functions that create tensors.
#pragma once

#include <array>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "weft/tensor/error.h"
#include "weft/tensor/index.h"
#include "weft/tensor/options.h"
#include "weft/tensor/scalar.h"
#include "weft/tensor/tensor_impl.h"

namespace weft {

class Tensor;
using TensorList = std::vector<Tensor>;
/// Values and indices: `auto [values, indices] = x.max(1);`
using Tensor2 = std::tuple<Tensor, Tensor>;
namespace autograd {
class Node;
}

/// Reads and writes the elements of an N-dimensional tensor of T with a[i][j]; made by Tensor::accessor.
template <class T, size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const int64_t* sizes, const int64_t* strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  int64_t size(size_t d) const { return sizes_[d]; }
  decltype(auto) operator[](int64_t i) const {
    if constexpr (N == 1)
      return (data_[i * strides_[0]]);
    else
      return TensorAccessor<T, N - 1>(data_ + i * strides_[0], sizes_ + 1, strides_ + 1);
  }

 private:
  T* data_;
  const int64_t *sizes_, *strides_;
};

#define WEFT_COMMA_(...) __VA_OPT__(, ) __VA_ARGS__

/// An n-dimensional array and, if it requires a gradient, its place in the autograd graph. Copying a Tensor copies a
/// pointer; `clone` copies the elements. Views share memory with their base. Const-ness applies to the handle only.
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  /// A tensor of this window on a storage. Throws IndexError if the window leaves the storage.
  Tensor(Ref<Storage> storage, Dtype dtype, Dims sizes, Dims strides, int64_t offset = 0);
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  /// Rebinds the variable to another tensor: `a = b` changes no elements.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  /// Assignment to a temporary writes through, as in libtorch: `x[0] = t`, `x.index({Slice(1, 3)}) = t` and
  /// `x.t()[0][0] = 1.5` copy_ or fill_ the selected elements. Throws the errors of copy_ and fill_, and StateError for
  /// a temporary that holds a copy of selected elements (`x.index({mask}) = t` would not change x; use index_put_).
  Tensor& operator=(const Tensor& value) &&;
  Tensor& operator=(const Scalar& value) &&;

  // Properties ------------------------------------------------------------------------------------------------------
  bool defined() const { return static_cast<bool>(impl_); }
  explicit operator bool() const = delete;  // use defined() or item<bool>()
  IntArrayRef sizes() const { return impl().sizes; }
  IntArrayRef strides() const { return impl().strides; }
  int64_t dim() const { return static_cast<int64_t>(impl().sizes.size()); }
  int64_t ndimension() const { return dim(); }
  /// Size of dimension d; negative d counts from the end. Throws IndexError.
  int64_t size(int64_t d) const;
  int64_t stride(int64_t d) const;
  int64_t numel() const { return impl().numel; }
  int64_t storage_offset() const { return impl().offset; }
  Dtype dtype() const { return impl().dtype; }
  Dtype scalar_type() const { return dtype(); }
  int64_t element_size() const { return item_size(dtype()); }
  int64_t itemsize() const { return element_size(); }
  int64_t nbytes() const { return numel() * element_size(); }
  Device device() const { return kCPU; }
  bool is_cuda() const { return false; }
  TensorOptions options() const { return TensorOptions(dtype()); }
  bool is_floating_point() const { return weft::is_floating_point(dtype()); }
  bool is_contiguous(MemoryFormat f = MemoryFormat::Contiguous) const;
  bool is_same(const Tensor& o) const { return impl_ == o.impl_; }
  bool is_alias_of(const Tensor& o) const { return impl().storage == o.impl().storage; }
  int64_t use_count() const { return impl_ ? impl_->use_count() : 0; }
  TensorImpl& impl() const {
    if (!impl_) [[unlikely]]
      undefined();
    return *impl_.get();
  }
  TensorImpl* unsafe_impl() const { return impl_.get(); }

  // Elements --------------------------------------------------------------------------------------------------------
  /// Pointer to the first element; throws DtypeError unless T is the element type. strides() gives the layout.
  template <class T>
  T* data_ptr() const {
    if (dtype_of<T> != dtype()) [[unlikely]]
      wrong_dtype(dtype_of<T>);
    return static_cast<T*>(data_ptr());
  }
  template <class T>
  const T* const_data_ptr() const {
    return data_ptr<T>();
  }
  void* data_ptr() const {
    TensorImpl& t = impl();
    return static_cast<char*>(t.storage->data()) + t.offset * item_size(t.dtype);
  }
  /// The only element. Throws ShapeError for more than one.
  Scalar item() const;
  template <class T>
  T item() const {
    return item().to<T>();
  }
  /// a[i][j] access without checks. Throws ShapeError unless dim() is N, DtypeError unless T is the element type.
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() const {
    if (dim() != static_cast<int64_t>(N)) wrong_dims(N);
    return {data_ptr<T>(), impl().sizes.data(), impl().strides.data()};
  }

  // Indexing --------------------------------------------------------------------------------------------------------
  Tensor operator[](int64_t i) const { return select(0, i); }
  Tensor operator[](const Tensor& index) const { return this->index({index}); }
  /// x.index({0, Slice(1, 3), None, "...", mask}) is x[0, 1:3, None, ..., mask] in Python. Throws IndexError.
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor index(const std::vector<indexing::TensorIndex>& indices) const;
  /// x[indices] = value. The value is broadcast; with accumulate, values of repeated indices are added.
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& value,
                     bool accumulate = false);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value);
  Tensor& index_put_(const std::vector<indexing::TensorIndex>& indices, const Tensor& value, bool accumulate = false);

  // Autograd --------------------------------------------------------------------------------------------------------
  bool requires_grad() const;
  const Tensor& set_requires_grad(bool on) const;
  const Tensor& requires_grad_(bool on = true) const { return set_requires_grad(on); }
  bool is_leaf() const;
  /// The gradient, undefined before backward.
  const Tensor& grad() const;
  Tensor& mutable_grad() const;
  Ref<autograd::Node> grad_fn() const;
  /// Adds the gradients of this tensor with respect to the graph's leaves to their grad(). `gradient` may be omitted
  /// for a tensor of one element; else it is floating point. Throws StateError if nothing requires a gradient or the
  /// graph was already freed.
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = {}, bool create_graph = false) const;
  /// The same for the grad() of `inputs` alone. Throws ValueError if the list is empty.
  void backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                const TensorList& inputs) const;
  /// The same elements outside the graph.
  Tensor detach() const;
  Tensor& detach_();
  /// Keeps the gradient of a non-leaf in grad() too.
  const Tensor& retain_grad() const;
  bool retains_grad() const;
  /// Calls `hook` with each gradient of this tensor; a defined result replaces it. Returns an id for remove_hook.
  unsigned register_hook(std::function<Tensor(const Tensor&)> hook) const;
  /// The same for a hook that returns nothing.
  template <class F>
  requires std::is_void_v<std::invoke_result_t<F, const Tensor&>>
  unsigned register_hook(F hook) const {
    return register_hook(std::function<Tensor(const Tensor&)>([hook](const Tensor& g) { return hook(g), Tensor(); }));
  }
  /// Throws IndexError if this tensor has no hook with this id.
  void remove_hook(unsigned number) const;
  /// Counts in-place changes of the memory.
  uint32_t _version() const { return impl().storage->version(); }
  /// The same storage under another handle that autograd does not see; set_data replaces the contents of this handle.
  Tensor data() const { return detach(); }
  Tensor variable_data() const { return detach(); }
  void set_data(const Tensor& other);

  // Ops: one row of ops.def each ----------------------------------------------------------------------------------
#define WEFT_OP(result, name, params, args) result name params const;
#define WEFT_OP_INPLACE(name, params, args) \
  Tensor name params const;                 \
  Tensor& name##_ params;                   \
  const Tensor& name##_ params const;
#define WEFT_METHOD(result, name, params, args) result name params const;
#define WEFT_FILL(name, params, args) \
  Tensor& name params;                \
  const Tensor& name params const;
#include "weft/tensor/ops.def"

  Tensor operator-() const { return neg(); }
  Tensor operator~() const { return bitwise_not(); }
#define WEFT_COMPOUND(op, name)                                                                      \
  Tensor& operator op(const Tensor& other)& { return name(other); }                                  \
  Tensor& operator op(const Scalar& other)& { return name(other); }                                  \
  Tensor& operator op(const Tensor& other)&& { return written_through("operator" #op).name(other); } \
  Tensor& operator op(const Scalar& other)&& { return written_through("operator" #op).name(other); }
  WEFT_COMPOUND(+=, add_)
  WEFT_COMPOUND(-=, sub_)
  WEFT_COMPOUND(*=, mul_)
  WEFT_COMPOUND(/=, div_)
#undef WEFT_COMPOUND

 private:
  /// This tensor; throws StateError if it is the only handle of a copy of selected elements.
  Tensor& written_through(const char* op);
  [[noreturn]] static void undefined();
  [[noreturn]] void wrong_dtype(Dtype asked) const;
  [[noreturn]] void wrong_dims(size_t asked) const;
  Ref<TensorImpl> impl_;
};

// The ops as free functions: add(a, b) is a.add(b).
#define WEFT_OP(result, name, params, args) \
  inline result name(const Tensor& self WEFT_COMMA_ params) { return self.name args; }
#define WEFT_OP_INPLACE(name, params, args)                                            \
  inline Tensor name(const Tensor& self WEFT_COMMA_ params) { return self.name args; } \
  inline Tensor& name##_(Tensor& self WEFT_COMMA_ params) { return self.name##_ args; }
#define WEFT_ACTIVATION(name) \
  Tensor name(Tensor self);   \
  inline Tensor& name##_(Tensor& self) { return self.name##_(); }
#define WEFT_METHOD(result, name, params, args)
#define WEFT_FILL(name, params, args)
#include "weft/tensor/ops.def"

#define WEFT_OPERATOR(op, name)                                                     \
  inline Tensor operator op(const Tensor& a, const Tensor& b) { return a.name(b); } \
  inline Tensor operator op(const Tensor& a, const Scalar& b) { return a.name(b); }
WEFT_OPERATOR(+, add)
WEFT_OPERATOR(-, sub)
WEFT_OPERATOR(*, mul)
WEFT_OPERATOR(/, div)
WEFT_OPERATOR(%, remainder)
WEFT_OPERATOR(==, eq)
WEFT_OPERATOR(!=, ne)
WEFT_OPERATOR(<, lt)
WEFT_OPERATOR(<=, le)
WEFT_OPERATOR(>, gt)
WEFT_OPERATOR(>=, ge)
WEFT_OPERATOR(&, bitwise_and)
WEFT_OPERATOR(|, bitwise_or)
WEFT_OPERATOR(^, bitwise_xor)
#undef WEFT_OPERATOR
inline Tensor operator+(const Scalar& a, const Tensor& b) { return b.add(a); }
inline Tensor operator*(const Scalar& a, const Tensor& b) { return b.mul(a); }
inline Tensor operator-(const Scalar& a, const Tensor& b) { return b.rsub(a); }
Tensor operator/(const Scalar& a, const Tensor& b);
inline Tensor operator<(const Scalar& a, const Tensor& b) { return b.gt(a); }
inline Tensor operator<=(const Scalar& a, const Tensor& b) { return b.ge(a); }
inline Tensor operator>(const Scalar& a, const Tensor& b) { return b.lt(a); }
inline Tensor operator>=(const Scalar& a, const Tensor& b) { return b.le(a); }
inline Tensor operator==(const Scalar& a, const Tensor& b) { return b.eq(a); }
inline Tensor operator!=(const Scalar& a, const Tensor& b) { return b.ne(a); }

/// Prints in PyTorch's format.
std::ostream& operator<<(std::ostream& out, const Tensor& t);
std::string to_string(const Tensor& t);

}  // namespace weft
