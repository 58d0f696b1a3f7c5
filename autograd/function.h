// Custom differentiable functions, as libtorch spells them.
#pragma once

#include <any>
#include <map>
#include <string>
#include <type_traits>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/node.h"

namespace weft::autograd {

using variable_list = TensorList;

class FunctionNode;

/// What a custom function's forward leaves for its backward.
class AutogradContext {
 public:
  /// Keeps tensors for backward: inputs, outputs or others. Undefined ones are allowed.
  void save_for_backward(TensorList tensors) { to_save_ = std::move(tensors); }
  /// The kept tensors. Throws StateError when one was changed in place since, or after the graph was freed.
  TensorList get_saved_variables() const;
  /// Anything else: numbers, sizes.
  std::map<std::string, std::any> saved_data;
  /// Names inputs that forward changed in place and returned.
  void mark_dirty(const TensorList& inputs) { dirty_ = inputs; }
  /// Names outputs that have no gradient.
  void mark_non_differentiable(const TensorList& outputs) { non_differentiable_ = outputs; }
  /// Whether absent gradients of outputs reach backward as zeros (the default) or as undefined tensors.
  void set_materialize_grads(bool on) { materialize_ = on; }
  /// Whether input i of forward needs a gradient (i counts all arguments).
  bool needs_input_grad(size_t i) const;

 private:
  friend class FunctionNode;
  TensorList to_save_, dirty_, non_differentiable_;
  bool materialize_ = true;
  FunctionNode* node_ = nullptr;
};

/// The node of a custom function: Function<T>::apply makes it.
class FunctionNode final : public Node {
 public:
  using Backward = TensorList (*)(AutogradContext*, TensorList);
  FunctionNode(const char* op, Backward backward) : Node(op), backward_(backward) { context.node_ = this; }
  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override;
  void release() override;

  /// Makes `outputs` results of this node; inputs[i] belongs to argument arguments[i].
  static TensorList finish(const Ref<FunctionNode>& node, const TensorList& inputs, std::vector<size_t> arguments,
                           size_t argument_count, TensorList outputs, bool recording);
  TensorList saved_variables();

  AutogradContext context;

 private:
  friend class AutogradContext;
  struct Kept {
    Saved tensor;
    int output = -1;  ///< which output it is; those are kept without their history
  };
  Backward backward_;
  std::vector<Kept> kept_;
  std::vector<size_t> arguments_;
  size_t argument_count_ = 0;
  bool released_ = false;
};

/// Base of custom functions:
///
///     struct Square : autograd::Function<Square> {
///       static Tensor forward(AutogradContext* ctx, const Tensor& x) { ctx->save_for_backward({x}); return x * x; }
///       static TensorList backward(AutogradContext* ctx, TensorList g) { return {2 * ctx->get_saved_variables()[0] *
///       g[0]}; }
///     };
///     Tensor y = Square::apply(x);
///
/// forward runs with gradients off and returns a Tensor or a TensorList. backward gets a gradient per output and
/// returns one per argument of forward, undefined for those that are no tensors; it may be differentiated again.
template <class Derived>
struct Function {
  template <class... Args>
  static auto apply(Args&&... args) {
    auto node = make_ref<FunctionNode>("Function", &Derived::backward);
    TensorList inputs;
    std::vector<size_t> arguments;
    size_t i = 0;
    auto collect = [&](const auto& arg) {
      using A = std::remove_cvref_t<decltype(arg)>;
      if constexpr (std::is_same_v<A, Tensor>)
        if (arg.defined()) inputs.push_back(arg), arguments.push_back(i);
      ++i;
    };
    (collect(args), ...);
    bool recording = GradMode::is_enabled();
    bool any = false;
    for (const Tensor& t : inputs) any = any || tracks(t);
    recording = recording && any;
    auto result = [&] {
      NoGradGuard off;
      return Derived::forward(&node->context, std::forward<Args>(args)...);
    }();
    if constexpr (std::is_same_v<decltype(result), Tensor>)
      return FunctionNode::finish(node, inputs, std::move(arguments), i, {result}, recording)[0];
    else
      return FunctionNode::finish(node, inputs, std::move(arguments), i, std::move(result), recording);
  }
};

}  // namespace weft::autograd
