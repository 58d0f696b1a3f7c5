#include "weft/autograd/node.h"

#include <atomic>
#include <mutex>

#include "weft/autograd/accumulate.h"
#include "weft/autograd/anomaly.h"
#include "weft/autograd/record.h"

namespace weft::autograd {
namespace {
std::atomic<uint64_t> g_next_number{1};
}  // namespace

Node::Node(const char* op) : op_(op), number_(g_next_number.fetch_add(1, std::memory_order_relaxed)) {}

void Node::add_edge(Edge edge) {
  if (edge.node && edge.node->number() > number_) number_ = g_next_number.fetch_add(1, std::memory_order_relaxed);
  edges.push_back(std::move(edge));
}

void Node::destroy(const Node* node) noexcept {
  // A node may be the last owner of other nodes: those wait in a list instead of recursing on the stack.
  thread_local const Node* chain = nullptr;
  thread_local bool destroying = false;
  node->next_to_destroy_ = std::exchange(chain, node);
  if (destroying) return;
  destroying = true;
  while (chain) delete std::exchange(chain, chain->next_to_destroy_);
  destroying = false;
}

AutogradMeta::~AutogradMeta() {
  if (retain_hook && grad_fn) grad_fn->remove_hook(retain_hook);
}

size_t Node::remove_hook(unsigned number) {
  return hooks ? std::erase_if(*hooks, [&](const OutputHook& h) { return h.number == number; }) : 0;
}

AutogradMeta& meta_of(const Tensor& t) {
  SlotOwner& owner = t.impl().autograd;
  AutogradSlot* slot = owner.get();
  if (!slot) slot = owner.fill(std::make_unique<AutogradMeta>());
  return static_cast<AutogradMeta&>(*slot);
}

AccumulateNode::AccumulateNode(Tensor leaf) : Node("accumulate_grad", 0), leaf_(std::move(leaf)) {
  outputs.push_back({leaf_.sizes(), leaf_.dtype()});
}

AccumulateNode::~AccumulateNode() {
  AutogradMeta& meta = meta_of(leaf_);
  std::lock_guard lock(meta.lock);
  if (meta.accumulator == this) meta.accumulator = nullptr;
}

namespace {

Edge leaf_edge(const Tensor& t) {
  AutogradMeta& meta = meta_of(t);
  std::lock_guard lock(meta.lock);
  if (meta.accumulator && meta.accumulator->try_retain()) return {Ref<Node>::adopt(meta.accumulator), 0};
  auto node = make_ref<AccumulateNode>(t);
  meta.accumulator = node.get();
  return {node, 0};
}

// A view's place in the graph depends on its base's: records the window as a function of the current base.
void refresh_view(const Tensor& view) {
  TensorImpl& p = view.impl();
  AutogradMeta* meta = find_meta(view);
  if (meta && meta->grad_fn && meta->version == p.storage->version()) return;
  if (!p.base->requires_grad) return;
  AutoGradMode on(true);
  Tensor window = Tensor(p.base).as_strided(p.sizes, p.strides, p.offset);
  Edge edge = edge_of(window);
  set_history(view, edge.node, edge.output);
}

}  // namespace

Edge edge_of(const Tensor& t) {
  if (!tracks(t)) return {};
  TensorImpl& p = t.impl();
  if (p.base && !p.no_grad_view) {
    AutogradMeta* meta = find_meta(t);
    if (!(meta && meta->grad_fn && meta->version == p.storage->version())) refresh_view(t);
  }
  if (AutogradMeta* meta = find_meta(t); meta && meta->grad_fn) return {meta->grad_fn, meta->output};
  if (p.requires_grad) return leaf_edge(t);
  check<StateError>(p.no_grad_version == p.storage->version(),
                    "[autograd] a view {} made while gradients were off is used while they are recorded, after its "
                    "memory was changed in place; make the view again",
                    p.sizes);
  return {};
}

void set_history(const Tensor& t, Ref<Node> node, uint32_t output) {
  AutogradMeta& meta = meta_of(t);
  if (meta.retain_hook && meta.grad_fn) meta.grad_fn->remove_hook(std::exchange(meta.retain_hook, 0));
  bool retain = meta.retains_grad;
  meta.grad_fn = std::move(node);
  meta.output = output;
  meta.version = t._version();
  t.impl().requires_grad = static_cast<bool>(meta.grad_fn);
  if (retain && meta.grad_fn) {
    meta.retains_grad = false;
    t.retain_grad();
  }
}

void Saved::changed() const {
  fail<StateError>(
      "[backward] a tensor {} {} that a gradient needs was changed in place: it is at version {}, saved at version {}; "
      "clone it before the in-place op",
      tensor_.dtype(), tensor_.sizes(), tensor_._version(), version_);
}

namespace detail {

void SavedOutput::save(const Tensor& out) {
  // Not out itself, which owns the node that owns this.
  const TensorImpl& p = out.impl();
  bare_ = Tensor(make_ref<TensorImpl>(p.storage, p.dtype, p, p.offset));
  version_ = out._version();
}

Tensor SavedOutput::read(Node& self) const {
  if (bare_.defined() && bare_._version() != version_)
    fail<StateError>(
        "[{}] its result, which the gradient needs, was changed in place: it is at version {}, saved at {}",
        self.name(), bare_._version(), version_);
  if (!GradMode::is_enabled()) return bare_;
  const TensorImpl& p = bare_.impl();
  Tensor out(p.storage, p.dtype, p.sizes, p.strides, p.offset);
  set_history(out, Ref<Node>(&self), 0);
  return out;
}

void fail_released(const Node& node) {
  fail<StateError>(
      "[backward] the graph through {} was freed by an earlier backward; pass retain_graph=true there to go through it "
      "again",
      node.name());
}

void connect(Ref<Node> node, Inputs inputs, std::span<const Tensor> outs) {
  node->edges.reserve(inputs.size());
  for (const Tensor& t : inputs) node->add_edge(edge_of(t));
  for (const Tensor& out : outs) node->outputs.push_back({out.impl().sizes, out.dtype()});
  if (AnomalyMode::is_enabled()) node->where = where_called();
  for (uint32_t i = 1; i < outs.size(); ++i) set_history(outs[i], node, i);
  set_history(outs[0], std::move(node), 0);
}

}  // namespace detail

}  // namespace weft::autograd
