// Custom differentiable functions, with libtorch's interface.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/node.h"
#include "weft/autograd/saved_value.h"

namespace weft::autograd {

using variable_list = TensorList;

class FunctionNode;

/// Data that a custom function's forward stores for its backward.
class AutogradContext {
 public:
  /// Saves tensors for backward: inputs, outputs or others. Undefined ones are allowed.
  void save_for_backward(TensorList tensors) { to_save_ = std::move(tensors); }
  /// The saved tensors. Throws StateError if one was changed in place since, or after the graph was freed.
  TensorList get_saved_variables() const;
  /// Any other values: `saved_data["scale"] = 2.5;` and in backward `saved_data["scale"].toDouble()`.
  std::map<std::string, SavedValue> saved_data;
  /// Marks inputs that forward changed in place and returned.
  void mark_dirty(const TensorList& inputs) { dirty_ = inputs; }
  /// Marks outputs that have no gradient.
  void mark_non_differentiable(const TensorList& outputs) { non_differentiable_ = outputs; }
  /// If on (the default), absent gradients of outputs reach backward as zeros, else as undefined tensors.
  void set_materialize_grads(bool on) { materialize_ = on; }
  /// True if the gradient of the i-th tensor of forward is needed; in backward, by the current run. i counts tensors
  /// only, those of lists one by one. Throws IndexError.
  bool needs_input_grad(size_t i) const;

 private:
  friend class FunctionNode;
  TensorList to_save_, dirty_, non_differentiable_;
  bool materialize_ = true;
  FunctionNode* node_ = nullptr;
};

/// The node of a custom function, created by Function<T>::apply.
class FunctionNode final : public Node {
 public:
  using Backward = TensorList (*)(AutogradContext*, TensorList);
  FunctionNode(const char* op, Backward backward) : Node(op), backward_(backward) { context.node_ = this; }
  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override;
  void release() override;
  bool undefined_is_zero() const override { return false; }

  /// Adds an argument of forward that is no tensor, or the tensors of one; undefined ones are counted too.
  template <class T>
  void add_argument(const T&) {
    ++argument_count_;
  }
  void add_argument(const Tensor& t) {
    arguments_.push_back(argument_count_++);
    inputs_.push_back(t);
  }
  void add_argument(const std::optional<Tensor>& t) { add_argument(t.value_or(Tensor())); }
  void add_argument(const TensorList& list) {
    for (const Tensor& t : list) add_argument(t);
  }
  /// After all arguments: connects the node to the producers of its tensors if the call is recorded.
  void connect();
  /// Makes `outputs` results of this node if the call is recorded.
  static TensorList finish(const Ref<FunctionNode>& node, TensorList outputs);
  TensorList saved_variables();

  AutogradContext context;

 private:
  friend class AutogradContext;
  struct Kept {
    Saved tensor;
    int output = -1;  ///< index of the output, if it is one; outputs are kept without their history
  };
  Backward backward_;
  std::vector<Kept> kept_;
  TensorList inputs_;              ///< the tensors among the arguments, until finish
  std::vector<size_t> arguments_;  ///< the position of each among all arguments
  size_t argument_count_ = 0;      ///< a list counts once for each of its tensors
  bool recording_ = false, released_ = false;
};

/// Base of custom functions:
///
///     struct Square : autograd::Function<Square> {
///       static Tensor forward(AutogradContext* ctx, const Tensor& x) { ctx->save_for_backward({x}); return x * x; }
///       static TensorList backward(AutogradContext* ctx, TensorList g) {
///         return {2 * ctx->get_saved_variables()[0] * g[0]};
///       }
///     };
///     Tensor y = Square::apply(x);
///
/// forward runs with gradients off and returns a Tensor or a TensorList. Its tensors are arguments of type Tensor,
/// std::optional<Tensor> and TensorList. backward gets one gradient per output and returns one per argument of forward,
/// where a list counts as its tensors; undefined for arguments that are not tensors. It may be differentiated again.
template <class Derived>
struct Function {
  template <class... Args>
  static auto apply(Args&&... args) {
    auto node = make_ref<FunctionNode>("Function", &Derived::backward);
    (node->add_argument(args), ...);
    node->connect();
    auto result = [&] {
      NoGradGuard off;
      return Derived::forward(&node->context, std::forward<Args>(args)...);
    }();
    if constexpr (std::is_same_v<decltype(result), Tensor>)
      return FunctionNode::finish(node, {result})[0];
    else
      return FunctionNode::finish(node, std::move(result));
  }
};

}  // namespace weft::autograd
