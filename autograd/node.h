// A node of the tape: one recorded op, the edges to the producers of its inputs, and the hooks on its outputs.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "weft/autograd/attributes.h"
#include "weft/autograd/node_set.h"
#include "weft/tensor/small_vector.h"
#include "weft/tensor/spin_lock.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

/// From an op to the producer of one of its inputs. No node: the input needs no gradient.
struct Edge {
  Ref<Node> node;
  uint32_t output = 0;
};

/// The required properties of a gradient of an output.
struct OutputMeta {
  Dims sizes;
  Dtype dtype = kFloat32;
};

using Hook = std::function<Tensor(const Tensor&)>;

/// The nodes that lead to the inputs to which the running backward is limited; null: to all leaves.
inline thread_local constinit const NodeSet* t_asked_for = nullptr;  // NOLINT: read by every rule

/// Base of all nodes. Created by record(), Function and the engine; users see it as Tensor::grad_fn().
class Node : public RefCounted<Node> {
 public:
  explicit Node(const char* op);
  Node(const char* op, uint64_t number) : op_(op), number_(number) {}
  virtual ~Node() = default;
  /// Frees without recursion: a chain of a million nodes needs no deep stack.
  static void destroy(const Node* node) noexcept;
  bool revivable() const noexcept { return number_ == 0; }  // leaves can find their node again

  /// Computes the gradients of the inputs, by input; an undefined one of an input that needs one counts as zeros.
  virtual void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) = 0;
  /// Frees the data that apply reads. apply after release throws StateError.
  virtual void release() = 0;

  /// The op's name.
  virtual std::string name() const { return op_; }
  const char* op() const { return op_; }
  /// Nodes are numbered in the order of creation; a node's dependencies have smaller numbers. Leaves are 0.
  uint64_t number() const { return number_; }
  /// Adds an edge. A producer newer than this node (the new window of a view whose base changed) gives this node a
  /// larger number.
  void add_edge(Edge edge);
  bool needs(size_t input) const { return static_cast<bool>(edges[input].node); }
  /// Inside apply: true if the running backward uses the gradient of this input.
  bool asked_for(size_t input) const {
    return needs(input) && (!t_asked_for || t_asked_for->contains(edges[input].node.get()));
  }
  /// False for user-defined nodes, where an undefined gradient stays undefined.
  virtual bool undefined_is_zero() const { return true; }
  /// The constant arguments of the op, in their order.
  virtual Attributes attributes() const { return {}; }

  SmallVector<Edge, 3> edges;
  SmallVector<OutputMeta, 1> outputs;
  /// (hook id, output, hook)
  struct OutputHook {
    unsigned number;
    uint32_t output;
    Hook hook;
  };
  std::unique_ptr<std::vector<OutputHook>> hooks;
  /// Returns the number of hooks removed, 0 or 1.
  size_t remove_hook(unsigned number);
  /// Call stack of the forward, stored in anomaly mode.
  std::string where;

 private:
  const char* op_;
  uint64_t number_;
  mutable const Node* next_to_destroy_ = nullptr;
};

/// Autograd's data of a tensor: its gradient and its place in the graph.
struct AutogradMeta : AutogradSlot {
  Tensor grad;
  Ref<Node> grad_fn;            ///< null for leaves
  uint32_t output = 0;          ///< index of the output of grad_fn
  uint32_t version = 0;         ///< of a view: the storage's version when grad_fn was made
  SpinLock lock;                ///< of a leaf: guards grad and accumulator while gradients arrive
  Node* accumulator = nullptr;  ///< of a leaf: its node while someone holds it
  bool retains_grad = false;
  unsigned retain_hook = 0;                              ///< the hook on grad_fn that does so
  std::unique_ptr<std::vector<Node::OutputHook>> hooks;  ///< of a leaf
  ~AutogradMeta() override;
};

/// The tensor's autograd data, created if absent.
AutogradMeta& meta_of(const Tensor& t);
/// The data, or null.
inline AutogradMeta* find_meta(const Tensor& t) {
  return t.defined() ? static_cast<AutogradMeta*>(t.unsafe_impl()->autograd.get()) : nullptr;
}

/// True if t requires a gradient: a leaf that does, the result of a recorded op, or a view of one.
inline bool tracks(const Tensor& t) {
  const TensorImpl* p = t.unsafe_impl();
  return p && (p->requires_grad || (p->base && p->base->requires_grad));
}

/// The edge to t's producer: its node, its accumulator if it is a leaf, empty if it does not track. A view made while
/// gradients were off tracks, but passes no gradient on. Updates the node of a view if its base was changed in place;
/// throws StateError if such a view was made while gradients were off.
Edge edge_of(const Tensor& t);

/// Makes t the given output of node.
void set_history(const Tensor& t, Ref<Node> node, uint32_t output);

/// A tensor saved for backward, with its version. Reading it after an in-place change throws StateError.
class Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& t) : tensor_(t), version_(t.defined() ? t._version() : 0) {}
  /// The tensor; throws StateError if its memory was changed since.
  const Tensor& operator()() const {
    if (tensor_.defined() && tensor_._version() != version_) [[unlikely]]
      changed();
    return tensor_;
  }
  operator const Tensor&() const { return (*this)(); }  // NOLINT: so that rules read as formulas

 private:
  [[noreturn]] void changed() const;
  Tensor tensor_;
  uint32_t version_ = 0;
};
/// Saves t for a gradient rule: `[b = saved(b)](const Tensor& g) { return g * b; }`.
inline Saved saved(const Tensor& t) { return Saved(t); }

}  // namespace weft::autograd
