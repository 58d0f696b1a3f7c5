// The autograd members of Tensor.
#include <atomic>

#include "weft/autograd/autograd.h"
#include "weft/autograd/engine.h"
#include "weft/autograd/node.h"

namespace weft {
using autograd::AutogradMeta;
using autograd::edge_of;
using autograd::find_meta;
using autograd::meta_of;
using autograd::tracks;

namespace {
std::atomic<unsigned> g_next_hook{1};
}

bool Tensor::requires_grad() const {
  impl();
  return tracks(*this);
}

const Tensor& Tensor::set_requires_grad(bool on) const {
  if (on) check_can_require_grad(dtype());
  check<StateError>(on || is_leaf(),
                    "[requires_grad_] a result of recorded ops always requires a gradient; detach() it");
  if (!is_leaf()) return *this;
  impl().requires_grad = on;
  return *this;
}

bool Tensor::is_leaf() const {
  if (!tracks(*this)) return true;
  AutogradMeta* meta = find_meta(*this);
  return !(meta && meta->grad_fn) && !(impl().base && !impl().no_grad_view && impl().base->requires_grad);
}

const Tensor& Tensor::grad() const {
  static const auto* none = new Tensor;
  impl();
  AutogradMeta* meta = find_meta(*this);
  return meta ? meta->grad : *none;
}

Tensor& Tensor::mutable_grad() const { return meta_of(*this).grad; }

Ref<autograd::Node> Tensor::grad_fn() const {
  impl();
  return is_leaf() ? nullptr : edge_of(*this).node;
}

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph) const {
  impl();
  autograd::run_backward({this, 1}, {&gradient, 1}, retain_graph.value_or(create_graph), create_graph);
}
void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      const TensorList& inputs) const {
  impl();
  autograd::backward({*this}, {gradient}, retain_graph, create_graph, inputs);
}

Tensor Tensor::detach() const {
  const TensorImpl& p = impl();
  return Tensor(make_ref<TensorImpl>(p.storage, p.dtype, p, p.offset));
}

Tensor& Tensor::detach_() {
  TensorImpl& p = impl();
  check<StateError>(!p.base, "[detach_] a view cannot be detached in place; use detach()");
  if (AutogradMeta* meta = find_meta(*this)) {
    if (meta->retain_hook && meta->grad_fn) meta->grad_fn->remove_hook(std::exchange(meta->retain_hook, 0));
    meta->grad_fn = nullptr;
  }
  p.requires_grad = false;
  return *this;
}

const Tensor& Tensor::retain_grad() const {
  check<StateError>(tracks(*this), "[retain_grad] the tensor does not require a gradient");
  if (is_leaf()) return *this;
  autograd::Edge edge = edge_of(*this);
  AutogradMeta& meta = meta_of(*this);
  if (meta.retains_grad) return *this;
  meta.retains_grad = true;
  meta.retain_hook = g_next_hook.fetch_add(1);
  // A plain pointer: the tensor owns the node, and destroys the hook with it.
  auto keep = [meta = &meta](const Tensor& g) {
    meta->grad = meta->grad.defined() ? meta->grad + g : g;
    return Tensor();
  };
  auto& hooks = edge.node->hooks;
  if (!hooks) hooks = std::make_unique<std::vector<autograd::Node::OutputHook>>();
  hooks->push_back({meta.retain_hook, edge.output, keep});
  return *this;
}

bool Tensor::retains_grad() const {
  AutogradMeta* meta = find_meta(*this);
  return meta && meta->retains_grad;
}

unsigned Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) const {
  check<StateError>(tracks(*this), "[register_hook] the tensor does not require a gradient");
  unsigned number = g_next_hook.fetch_add(1);
  autograd::Edge edge = edge_of(*this);
  auto& hooks = is_leaf() ? meta_of(*this).hooks : edge.node->hooks;
  if (!hooks) hooks = std::make_unique<std::vector<autograd::Node::OutputHook>>();
  hooks->push_back({number, is_leaf() ? 0 : edge.output, std::move(hook)});
  return number;
}

void Tensor::remove_hook(unsigned number) const {
  AutogradMeta* meta = find_meta(*this);
  size_t removed = 0;
  if (meta && meta->hooks) removed += std::erase_if(*meta->hooks, [&](const auto& h) { return h.number == number; });
  if (meta && meta->grad_fn) removed += meta->grad_fn->remove_hook(number);
  check<IndexError>(removed > 0, "[remove_hook] the tensor has no hook {}", number);
}

void Tensor::set_data(const Tensor& other) {
  TensorImpl &p = impl(), &q = other.impl();
  check<DtypeError>(p.dtype == q.dtype || is_leaf(), "[set_data] dtype {} cannot become {}", p.dtype, q.dtype);
  p.storage = q.storage;
  p.sizes = q.sizes, p.strides = q.strides, p.offset = q.offset, p.numel = q.numel, p.contiguous = q.contiguous;
  p.dtype = q.dtype;
}

}  // namespace weft
