#include "weft/autograd/accumulate.h"

#include <mutex>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/sum_to.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::autograd {
namespace {

// True if nobody else holds this tensor or its memory, and the memory has no gaps or repetitions.
bool exclusive(const Tensor& t) {
  const TensorImpl& p = t.impl();
  return t.use_count() == 1 && p.storage->use_count() == 1 && p.contiguous && !p.base;
}

}  // namespace

Tensor add_gradients(Tensor a, const Tensor& b) {
  if (GradMode::is_enabled() || !exclusive(a) || a.dtype() != b.dtype()) return a + b;
  a.impl().donated = true;
  Tensor sum = kernel::binary(kernel::Binary::Add, "backward", a, b);
  a.impl().donated = false;
  return sum;
}

Tensor fit_gradient(const Node& from, Tensor g, const OutputMeta& meta) {
  if (!(g.sizes() == IntArrayRef(meta.sizes))) {
    bool broadcast = g.dim() >= static_cast<int64_t>(meta.sizes.size());
    for (size_t i = 0; broadcast && i < meta.sizes.size(); ++i) {
      int64_t want = meta.sizes[meta.sizes.size() - 1 - i], got = g.size(-1 - static_cast<int64_t>(i));
      broadcast = want == got || want == 1;
    }
    check<ShapeError>(broadcast, "[{}] its gradient rule gave a gradient {} for an input {}", from.name(), g.sizes(),
                      meta.sizes);
    g = sum_to(g, meta.sizes);
  }
  return g.dtype() == meta.dtype ? g : g.to(meta.dtype);
}

void AccumulateNode::apply(std::span<const Tensor> grad_outputs, std::span<Tensor>) {
  // The engine passes its only handle; a gradient that is still shared is copied.
  Tensor g = std::move(const_cast<Tensor&>(grad_outputs[0]));
  AutogradMeta& meta = meta_of(leaf_);
  for (;;) {
    Tensor before;
    {
      std::lock_guard lock(meta.lock);
      if (!meta.grad.defined()) {
        if (GradMode::is_enabled() || exclusive(g)) {
          meta.grad = std::move(g);
          return;
        }
      } else {
        before = std::move(meta.grad);
        meta.grad = Tensor();
      }
    }
    // Added outside the lock: another thread's gradient that arrives meanwhile is added in the next round.
    g = before.defined() ? add_gradients(std::move(before), g) : kernel::copy_of(g, g.dtype());
  }
}

}  // namespace weft::autograd
