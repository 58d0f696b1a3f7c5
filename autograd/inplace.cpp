#include "weft/autograd/inplace.h"

#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/overlap.h"

namespace weft::autograd {
namespace {

void check_allowed(const char* op, const Tensor& self, bool recording) {
  const TensorImpl& p = self.impl();
  check<StateError>(!overlaps_itself(p), "[{}] several elements of sizes {} with strides {} share memory; clone first",
                    op, p.sizes, p.strides);
  if (!GradMode::is_enabled()) return;
  check<StateError>(!(p.requires_grad && self.is_leaf()),
                    "[{}] a leaf that requires a gradient cannot be changed in place while gradients are recorded; use "
                    "NoGradGuard",
                    op);
  if (!p.base) return;
  bool base_tracks = p.base->requires_grad;
  check<StateError>(!(base_tracks && Tensor(p.base).is_leaf()),
                    "[{}] a view of a leaf that requires a gradient cannot be changed in place while gradients are "
                    "recorded; use NoGradGuard",
                    op);
  if (!recording && !base_tracks) return;
  check<StateError>(!p.no_grad_view,
                    "[{}] this view was made while gradients were off, so the change cannot be recorded", op);
  check<StateError>(p.base->contiguous, "[{}] a change of a view of a tensor with strides {} cannot be recorded", op,
                    p.base->strides);
}

// The same value and history under another handle.
Tensor alias_of(const Tensor& t) {
  const TensorImpl& p = t.impl();
  Tensor alias(make_ref<TensorImpl>(p.storage, p.dtype, p, p.offset));
  if (Edge edge = edge_of(t); edge.node) set_history(alias, edge.node, edge.output);
  return alias;
}

// base with `value` in the window of view, as a recorded op on the histories of both.
void rewrite_base(const Tensor& view, const Tensor& old_base, const Tensor& value) {
  const TensorImpl& p = view.impl();
  Tensor base(p.base);
  const TensorImpl& b = base.impl();
  Tensor fresh(b.storage, b.dtype, b.sizes, b.strides, b.offset);
  auto in_window = [sizes = p.sizes, strides = p.strides, offset = p.offset - b.offset](const Tensor& g) {
    Tensor dense = g.contiguous();
    return dense.as_strided(sizes, strides, dense.storage_offset() + offset);
  };
  record(
      "copy_slices", fresh, {old_base, value},
      [in_window](const Tensor& g) {
        Tensor rest = g.clone().contiguous();
        in_window(rest).zero_();
        return rest;
      },
      [in_window](const Tensor& g) { return in_window(g).clone(); });
  Edge edge = edge_of(fresh);
  set_history(base, edge.node, edge.output);
}

void check_result(const char* op, const Tensor& self, const Tensor& result) {
  check<ShapeError>(result.sizes() == self.sizes(), "[{}] the result has sizes {}, which do not fit self {}", op,
                    result.sizes(), self.sizes());
  check<DtypeError>(dtype_info(result.dtype()).kind <= dtype_info(self.dtype()).kind,
                    "[{}] the result is {}, which self, {}, cannot hold", op, result.dtype(), self.dtype());
}

}  // namespace

void in_place(const char* op, const Tensor& self, bool overwrites, bool others_track,
              FunctionRef<Tensor(const Tensor& old)> compute) {
  TensorImpl& p = self.impl();
  bool recording = GradMode::is_enabled() && (others_track || tracks(self));
  check_allowed(op, self, recording);
  Tensor old_base = recording && p.base ? alias_of(Tensor(p.base)) : Tensor();
  Tensor old = recording ? alias_of(self) : self.detach();
  old.impl().donated = overwrites && !recording;
  Tensor result = compute(old);
  old.impl().donated = false;
  check_result(op, self, result);
  TensorImpl& r = result.impl();
  bool written = overwrites && r.storage == p.storage && r.offset == p.offset && r.strides == p.strides;
  if (!written) {
    if (old.use_count() > 1 && recording) {
      // A recorded op saves the old value: give it its own memory.
      Tensor kept = kernel::copy_of(old, old.dtype());
      TensorImpl& o = old.impl();
      kept.impl().storage->set_version(o.storage->version());
      o.storage = kept.impl().storage, o.strides = kept.impl().strides, o.offset = 0,
      o.contiguous = kept.impl().contiguous;
    }
    if (r.storage == p.storage) result = kernel::copy_of(result, result.dtype());
    kernel::copy(self, result);
  }
  p.storage->bump_version();
  if (!recording) return;
  if (result.dtype() != self.dtype()) result = result.to(self.dtype());
  if (p.base) return rewrite_base(self, old_base, result);
  if (!tracks(result)) {
    // The op has no gradient (floor_divide_, logical_not_): the new value does not depend on the old one's history.
    if (!tracks(self)) return;
    result = record(op, Tensor(p.storage, p.dtype, p.sizes, p.strides, p.offset), {old},
                    [](const Tensor&) { return Tensor(); });
  }
  const Edge edge = edge_of(result);
  set_history(self, edge.node, edge.output);
}

}  // namespace weft::autograd
