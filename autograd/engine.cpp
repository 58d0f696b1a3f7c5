// Backward: visits the nodes from the newest to the oldest, which is a topological order.
#include "weft/autograd/engine.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "weft/autograd/accumulate.h"
#include "weft/autograd/anomaly.h"
#include "weft/autograd/autograd.h"
#include "weft/autograd/stack.h"
#include "weft/tensor/creation.h"

namespace weft::autograd {
namespace {

thread_local unsigned t_nesting = 0;  // number of backward runs in progress on this thread

/// One run of backward.
class Engine {
 public:
  Engine(bool retain_graph, bool create_graph) : retain_graph_(retain_graph), mode_(create_graph) {}

  /// Computes only the gradients of these edges, and keeps them for result(i) instead of adding them to leaves.
  void want(const std::vector<Edge>& targets, std::span<const Edge> roots) {
    Limits& limits = limits_.emplace();
    for (size_t i = 0; i < targets.size(); ++i) {
      limits.wanted.insert(targets[i].node.get());
      limits.targets.push_back({targets[i].node.get(), targets[i].output, i});
    }
    std::sort(limits.targets.begin(), limits.targets.end());
    limits.results.resize(targets.size());
    mark_useful(roots);
  }

  void add_root(const Edge& edge, Tensor gradient) {
    if (!limits_ || limits_->useful.contains(edge.node.get())) add(edge, std::move(gradient));
  }

  void run() {
    // Only a backward inside a backward can nest without bound.
    struct Nesting {
      unsigned depth = t_nesting++;
      const NodeSet* outer = t_asked_for;
      ~Nesting() { t_nesting = depth, t_asked_for = outer; }
    };
    if (t_nesting == 0) {
      Nesting nesting;
      walk();
    } else {
      call_with_stack([this] {
        Nesting nesting;
        walk();
      });
    }
  }

  const TensorList& results() const { return limits_->results; }

 private:
  void walk() {
    t_asked_for = limits_ ? &limits_->useful : nullptr;
    for (;;) {
      if (newest_.node) {
        Waiting next = std::exchange(newest_, {});
        step(*next.node, next.gradients);
      } else if (!older_.empty()) {
        auto next = older_.extract(older_.begin());
        step(*next.key(), next.mapped());
      } else {
        return;
      }
    }
  }

  using Gradients = SmallVector<Tensor, 1>;

  static bool is_leaf(const Node& node) { return node.number() == 0; }
  // Newest first: every node comes after all nodes that depend on it.
  struct Newer {
    bool operator()(const Ref<Node>& a, const Ref<Node>& b) const {
      return a->number() != b->number() ? a->number() > b->number() : std::less<>()(a.get(), b.get());
    }
  };

  struct Waiting {
    Ref<Node> node;
    Gradients gradients;
  };

  // The gradients received by a node, initially empty. The newest waiting node has a slot outside the map, so that a
  // chain of ops never fills the map.
  Gradients& waiting_at(const Ref<Node>& node) {
    if (newest_.node == node) return newest_.gradients;
    const bool newest =
        newest_.node ? Newer()(node, newest_.node) : older_.empty() || Newer()(node, older_.begin()->first);
    if (!newest) return older_[node];
    if (newest_.node) older_.emplace(std::move(newest_.node), std::move(newest_.gradients));
    newest_ = {node, {}};
    return newest_.gradients;
  }

  void add(const Edge& edge, Tensor gradient) {
    Gradients& gradients = waiting_at(edge.node);
    if (gradients.empty()) gradients.resize(edge.node->outputs.size());
    Tensor& slot = gradients[edge.output];
    slot = slot.defined() ? add_gradients(std::move(slot), gradient) : std::move(gradient);
  }

  void step(Node& node, Gradients& gradients) {
    run_hooks(node, gradients);
    if (limits_ && limits_->wanted.contains(&node)) {
      const std::vector<Target>& targets = limits_->targets;
      auto target = std::lower_bound(targets.begin(), targets.end(), Target{&node, 0, 0});
      for (; target != targets.end() && target->node == &node; ++target)
        limits_->results[target->result] = gradients[target->output];
    }
    if (is_leaf(node)) {
      if (!limits_) node.apply(gradients, {});
      return;
    }
    if (limits_ && !passes_on(node)) return;
    SmallVector<Tensor, 3> out(node.edges.size());
    node.apply(gradients, out);
    gradients.clear();
    if (!retain_graph_) node.release();
    if (AnomalyMode::is_enabled()) check_gradients(node, out);
    for (size_t i = 0; i < out.size(); ++i) {
      const Edge& edge = node.edges[i];
      if (!node.asked_for(i)) continue;
      const OutputMeta& meta = edge.node->outputs[edge.output];
      if (out[i].defined())
        add(edge, fit_gradient(node, std::move(out[i]), meta));
      else if (node.undefined_is_zero())
        add(edge, zeros(meta.sizes, meta.dtype));
    }
  }

  void run_hooks(Node& node, Gradients& gradients) {
    auto& hooks = is_leaf(node) ? meta_of(static_cast<AccumulateNode&>(node).leaf()).hooks : node.hooks;
    if (!hooks) return;
    auto called = *hooks;  // a copy, since a hook may remove itself
    for (auto& hook : called) {
      Tensor& g = gradients[hook.output];
      if (!g.defined()) continue;
      Tensor replaced = hook.hook(g);
      if (replaced.defined()) g = fit_gradient(node, std::move(replaced), node.outputs[hook.output]);
    }
  }

  bool passes_on(const Node& node) const {
    return std::any_of(node.edges.begin(), node.edges.end(),
                       [&](const Edge& e) { return e.node && limits_->useful.contains(e.node.get()); });
  }

  // Marks the nodes from which a requested one is reached. Nodes are visited from the newest; a second pass from the
  // oldest propagates the mark.
  void mark_useful(std::span<const Edge> roots) {
    NodeSet seen;
    std::vector<Node*> order, stack;
    for (const Edge& e : roots)
      if (e.node && seen.insert(e.node.get())) stack.push_back(e.node.get());
    while (!stack.empty()) {
      Node* node = stack.back();
      stack.pop_back();
      order.push_back(node);
      for (const Edge& e : node->edges)
        if (e.node && seen.insert(e.node.get())) stack.push_back(e.node.get());
    }
    std::sort(order.begin(), order.end(), [](Node* a, Node* b) { return a->number() < b->number(); });
    for (Node* node : order)
      if (limits_->wanted.contains(node) || passes_on(*node)) limits_->useful.insert(node);
  }

  struct Target {
    const Node* node;
    uint32_t output;
    size_t result;
    bool operator<(const Target& o) const {
      return std::tie(node, output, result) < std::tie(o.node, o.output, o.result);
    }
  };
  /// A run that computes the gradients of some inputs alone.
  struct Limits {
    NodeSet wanted, useful;       ///< the nodes of the inputs, and those that lead to them
    std::vector<Target> targets;  ///< in order
    TensorList results;
  };
  bool retain_graph_;
  AutoGradMode mode_;
  Waiting newest_;
  std::map<Ref<Node>, Gradients, Newer, PooledAllocator<std::pair<const Ref<Node>, Gradients>>> older_;
  std::optional<Limits> limits_;
};

Tensor first_gradient(const char* op, const Tensor& output, std::span<const Tensor> grad_outputs, size_t i) {
  if (i < grad_outputs.size() && grad_outputs[i].defined()) {
    check<ShapeError>(grad_outputs[i].sizes() == output.sizes(), "[{}] the gradient of an output {} has sizes {}", op,
                      output.sizes(), grad_outputs[i].sizes());
    check<DtypeError>(grad_outputs[i].is_floating_point(),
                      "[{}] the gradient of an output must be floating point, got {}", op, grad_outputs[i].dtype());
    return grad_outputs[i].to(output.dtype());
  }
  check<StateError>(output.numel() == 1,
                    "[{}] an output of sizes {} needs a gradient to start from; only one element needs none", op,
                    output.sizes());
  return ones(output.sizes(), output.dtype());
}

using Roots = SmallVector<Edge, 1>;
Roots root_edges(const char* op, std::span<const Tensor> outputs) {
  Roots roots;
  for (const Tensor& t : outputs) {
    roots.push_back(edge_of(t));
    check<StateError>(static_cast<bool>(roots.back().node),
                      "[{}] output {} of sizes {} does not require a gradient: nothing recorded leads to it", op,
                      roots.size() - 1, t.sizes());
  }
  return roots;
}

}  // namespace

void run_backward(std::span<const Tensor> outputs, std::span<const Tensor> grad_outputs, bool retain_graph,
                  bool create_graph) {
  const Roots roots = root_edges("backward", outputs);
  Engine engine(retain_graph, create_graph);
  for (size_t i = 0; i < outputs.size(); ++i)
    engine.add_root(roots[i], first_gradient("backward", outputs[i], grad_outputs, i));
  engine.run();
}

namespace {
void check_count(const char* op, const TensorList& outputs, const TensorList& grad_outputs) {
  check<ValueError>(grad_outputs.empty() || grad_outputs.size() == outputs.size(), "[{}] {} outputs but {} gradients",
                    op, outputs.size(), grad_outputs.size());
}
}  // namespace

void backward(const TensorList& outputs, const TensorList& grad_outputs, std::optional<bool> retain_graph,
              bool create_graph) {
  check_count("backward", outputs, grad_outputs);
  run_backward(outputs, grad_outputs, retain_graph.value_or(create_graph), create_graph);
}

void backward(const TensorList& outputs, const TensorList& grad_outputs, std::optional<bool> retain_graph,
              bool create_graph, const TensorList& inputs) {
  check<ValueError>(!inputs.empty(), "[backward] the list of inputs is empty; without a list all leaves count");
  const TensorList gradients = grad(outputs, inputs, grad_outputs, retain_graph, create_graph, true);
  AutoGradMode mode(create_graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!gradients[i].defined()) continue;
    Tensor& g = meta_of(inputs[i]).grad;
    g = g.defined() ? g + gradients[i] : gradients[i];
  }
}

TensorList grad(const TensorList& outputs, const TensorList& inputs, const TensorList& grad_outputs,
                std::optional<bool> retain_graph, bool create_graph, bool allow_unused) {
  check_count("grad", outputs, grad_outputs);
  check<ValueError>(!inputs.empty(), "[grad] the list of inputs is empty");
  const Roots roots = root_edges("grad", outputs);
  std::vector<Edge> targets;
  for (const Tensor& t : inputs) {
    check<StateError>(tracks(t), "[grad] input {} does not require a gradient", targets.size());
    targets.push_back(edge_of(t));
  }
  Engine engine(retain_graph.value_or(create_graph), create_graph);
  engine.want(targets, {roots.data(), roots.size()});
  for (size_t i = 0; i < outputs.size(); ++i)
    engine.add_root(roots[i], first_gradient("grad", outputs[i], grad_outputs, i));
  engine.run();
  for (size_t i = 0; i < inputs.size(); ++i)
    check<StateError>(
        allow_unused || engine.results()[i].defined(),
        "[grad] input {} is not part of the graph of the outputs; allow_unused=true gives an undefined tensor", i);
  return engine.results();
}

}  // namespace weft::autograd
