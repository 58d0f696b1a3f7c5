// The in-place forms of ops.def, and the ops that only fill.
#include "weft/autograd/inplace.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/random/random.h"
#include "weft/tensor/overlap.h"

namespace weft {
using autograd::in_place;
using autograd::operand_of;
using autograd::record;

namespace {

// An operand of an in-place op: a tensor that shares memory with self, but is not the same view, is copied before self
// changes.
template <class T>
class Operand {
 public:
  Operand(const Tensor&, const T& operand) : operand_(operand) {}
  const T& operator()() const { return operand_; }
  bool tracks() const { return false; }

 private:
  const T& operand_;
};
template <>
class Operand<Tensor> {
 public:
  Operand(const Tensor& self, const Tensor& operand) : operand_(operand) {
    if (overlap_of(self, operand) == Overlap::Partial) [[unlikely]]
      copy_ = operand.clone();
  }
  const Tensor& operator()() const { return copy_.defined() ? copy_ : operand_; }
  bool tracks() const { return autograd::tracks(operand_); }

 private:
  const Tensor& operand_;
  Tensor copy_;
};

template <class Call, class... Args>
void with_operands(const Tensor& self, const Call& call, const Args&... args) {
  call(Operand<Args>(self, args)...);
}

}  // namespace

#define WEFT_SELF_CALL_AND_(...) (*this, call __VA_OPT__(, ) __VA_ARGS__)
#define WEFT_IN_PLACE(name, params, args, overwrites)                                                         \
  const Tensor& Tensor::name##_ params const {                                                                \
    const auto call = [&](const auto&... operands) {                                                          \
      in_place(#name "_", *this, overwrites, (operands.tracks() || ... || false),                             \
               [&](const Tensor& old) { return old.name(operand_of(operands(), *this, old, Tensor())...); }); \
    };                                                                                                        \
    with_operands WEFT_SELF_CALL_AND_ args;                                                                   \
    return *this;                                                                                             \
  }                                                                                                           \
  Tensor& Tensor::name##_ params { return const_cast<Tensor&>(std::as_const(*this).name##_ args); }
#define WEFT_DEFAULT(value)
#define WEFT_OP(result, name, params, args)
#define WEFT_METHOD(result, name, params, args)
#define WEFT_OP_INPLACE(name, params, args) WEFT_IN_PLACE(name, params, args, false)
#define WEFT_ELEMENTWISE(name, params, args) WEFT_IN_PLACE(name, params, args, true)
#define WEFT_FILL(name, params, args) \
  Tensor& Tensor::name params { return const_cast<Tensor&>(std::as_const(*this).name args); }
#include "weft/tensor/ops.def"

namespace {

// self = values that do not depend on it: written directly into its memory if nothing is recorded.
const Tensor& fill_with(const char* op, const Tensor& self, FunctionRef<void(const Tensor& dst)> write) {
  bool plain = !(GradMode::is_enabled() && autograd::tracks(self));
  in_place(op, self, plain, false, [&](const Tensor& old) {
    Tensor out = plain ? old.detach() : empty(old.sizes(), old.dtype());
    write(out);
    return record(op, out, {old}, [](const Tensor&) { return Tensor(); });
  });
  return self;
}

const Tensor& draw_with(const char* op, const Tensor& self, FunctionRef<void(const Tensor& dst, Generator&)> write) {
  return fill_with(op, self, [&](const Tensor& dst) {
    Generator& g = default_generator();
    std::lock_guard lock(g.mutex());
    write(dst, g);
  });
}

}  // namespace

const Tensor& Tensor::fill_(const Scalar& value) const {
  return fill_with("fill_", *this, [&](const Tensor& dst) { kernel::fill(dst, value); });
}
const Tensor& Tensor::zero_() const { return fill_(0); }
const Tensor& Tensor::fill_(const Tensor& value) const {
  check<ShapeError>(value.dim() == 0, "[fill_] the value must be one number without dimensions, got {}", value.sizes());
  return copy_(value);
}

const Tensor& Tensor::copy_(const Tensor& src) const {
  if (src.defined() && src.is_same(*this)) return *this;
  if (overlap_of(*this, src) == Overlap::Partial) return copy_(src.clone());
  bool plain = !(GradMode::is_enabled() && (autograd::tracks(*this) || autograd::tracks(src)));
  in_place("copy_", *this, plain, autograd::tracks(src), [&](const Tensor& old) {
    Tensor out = plain ? old.detach() : empty(old.sizes(), old.dtype());
    kernel::copy(out, src);
    return record(
        "copy_", out, {old, src}, [](const Tensor&) { return Tensor(); }, [](const Tensor& g) { return g; });
  });
  return *this;
}

const Tensor& Tensor::uniform_(double from, double to) const {
  return draw_with("uniform_", *this, [&](const Tensor& dst, Generator& g) { kernel::uniform(dst, from, to, g); });
}
const Tensor& Tensor::normal_(double mean, double std) const {
  return draw_with("normal_", *this, [&](const Tensor& dst, Generator& g) { kernel::normal(dst, mean, std, g); });
}
const Tensor& Tensor::bernoulli_(double p) const {
  return draw_with("bernoulli_", *this, [&](const Tensor& dst, Generator& g) { kernel::bernoulli(dst, p, g); });
}
const Tensor& Tensor::random_(int64_t from, int64_t to) const {
  return draw_with("random_", *this,
                   [&](const Tensor& dst, Generator& g) { kernel::random_integers(dst, from, to, g); });
}

Tensor& Tensor::operator=(const Tensor& value) && { return written_through("operator=").copy_(value); }
Tensor& Tensor::operator=(const Scalar& value) && { return written_through("operator=").fill_(value); }

}  // namespace weft
