// The common mechanism of all in-place ops.
#pragma once

#include "weft/autograd/record.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// self = compute(old), where old has self's value and history: writes the elements into self's memory, increments the
/// version, and makes self (and, if self is a view, its base) the result of the recorded ops. Values that the recorded
/// ops save of the old self are copied first. Throws StateError if the change cannot be recorded: a leaf that requires
/// a gradient or a view of one, memory that self shows several times, a view made without grad mode. `overwrites`:
/// compute is an elementwise kernel that reads each element before it writes it, so it may write directly into self's
/// memory if nothing is recorded (`recording`: true if one of the other operands tracks).
void in_place(const char* op, const Tensor& self, bool overwrites, bool others_track,
              FunctionRef<Tensor(const Tensor& old)> compute);

/// An operand of an in-place op in the form that compute reads. A recorded op may save operands, and self then owns the
/// record: self is replaced by old, another view of self's memory by a copy, which `own` holds.
inline const Tensor& operand_of(const Tensor& operand, const Tensor& self, const Tensor& old, Tensor&& own) {
  if (!operand.is_alias_of(self) || !(old.impl().requires_grad || needs(operand))) return operand;
  return operand.is_same(self) ? old : own = operand.clone();
}
template <class T>
const T& operand_of(const T& operand, const Tensor&, const Tensor&, Tensor&&) {
  return operand;
}

}  // namespace weft::autograd
