// record: makes an op differentiable. Included by the op families and by users who write ops.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <tuple>

#include "weft/autograd/grad_mode.h"
#include "weft/autograd/node.h"

namespace weft::autograd {

using Inputs = std::initializer_list<std::reference_wrapper<const Tensor>>;

/// True if an op of these inputs is recorded.
inline bool records(Inputs inputs) {
  if (!GradMode::is_enabled()) return false;
  for (const Tensor& t : inputs)
    if (tracks(t)) return true;
  return false;
}

/// The gradients that a joint rule sets: `if (grads.needs(1)) grads[1] = ...`.
class Grads {
 public:
  Grads(const Node& node, std::span<Tensor> grads) : node_(node), grads_(grads) {}
  bool needs(size_t input) const { return node_.asked_for(input); }
  Tensor& operator[](size_t input) { return grads_[input]; }

 private:
  const Node& node_;
  std::span<Tensor> grads_;
};

namespace detail {

/// An op's own output, for rules that read it: the elements without the history, to avoid a cycle; reading restores the
/// history, so that second derivatives are correct.
class SavedOutput {
 public:
  void save(const Tensor& out);
  Tensor read(Node& self) const;
  void clear() { bare_ = Tensor(); }

 private:
  Tensor bare_;
  uint32_t version_ = 0;
};

[[noreturn]] void fail_released(const Node& node);

template <class Rule>
constexpr bool reads_output = std::is_invocable_v<Rule&, const Tensor&, const Tensor&>;

/// One rule per input.
template <class... Rules>
class RuleNode : public Node {
 public:
  static constexpr bool kReadsOutput = (reads_output<Rules> || ...);
  RuleNode(const char* op, Rules&&... rules) : Node(op), rules_(std::in_place, std::move(rules)...) {}  // NOLINT

  /// Drops the rules of inputs that need no gradient, and the tensors they save.
  void drop_unneeded() {
    size_t i = 0;
    std::apply([&](auto&... rule) { ((needs(i++) ? void() : rule.reset()), ...); }, *rules_);
  }
  bool wants_output() const {
    return std::apply(
        [](const auto&... rule) {
          return ((reads_output<typename std::remove_cvref_t<decltype(rule)>::value_type> && rule.has_value()) || ...);
        },
        *rules_);
  }
  void save_output(const Tensor& out) { output_.save(out); }

  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override {
    if (!rules_) fail_released(*this);
    const Tensor& g = grad_outputs[0];
    Tensor y;
    if constexpr (kReadsOutput)
      if (wants_output()) y = output_.read(*this);
    size_t i = 0;
    auto run = [&](auto& rule) {
      if (rule && asked_for(i)) grad_inputs[i] = call(*rule, g, y);
      ++i;
    };
    std::apply([&](auto&... rule) { (run(rule), ...); }, *rules_);
  }
  void release() override {
    rules_.reset();
    output_.clear();
  }

 private:
  template <class Rule>
  static Tensor call(Rule& rule, const Tensor& g, const Tensor& y) {
    if constexpr (reads_output<Rule>)
      return rule(g, y);
    else
      return rule(g);
  }
  std::optional<std::tuple<std::optional<Rules>...>> rules_;
  SavedOutput output_;
};

/// One rule for all inputs, which share computation.
template <class Rule>
class JointNode : public Node {
 public:
  JointNode(const char* op, Rule&& rule) : Node(op), rule_(std::move(rule)) {}
  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override {
    if (!rule_) fail_released(*this);
    Grads grads(*this, grad_inputs);
    (*rule_)(grad_outputs[0], grads);
  }
  void release() override { rule_.reset(); }

 private:
  std::optional<Rule> rule_;
};

/// One rule for all inputs of an op with several outputs.
template <class Rule>
class OutputsNode : public Node {
 public:
  OutputsNode(const char* op, Rule&& rule) : Node(op), rule_(std::move(rule)) {}
  void apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) override {
    if (!rule_) fail_released(*this);
    Grads grads(*this, grad_inputs);
    (*rule_)(grad_outputs, grads);
  }
  void release() override { rule_.reset(); }

 private:
  std::optional<Rule> rule_;
};

/// A node of an op that was named with its arguments.
template <class Base, class Name>
class WithAttributes final : public Base {
 public:
  template <class... Rules>
  explicit WithAttributes(const Name& call, Rules&&... rules)
      : Base(call.name, std::forward<Rules>(rules)...), call_(call) {}
  Attributes attributes() const override { return call_.attributes(); }

 private:
  KeptCall<Name> call_;
};
/// The node of an op: Base if the op is only a name.
template <class Base, class Name>
using NodeOf = std::conditional_t<std::is_same_v<Name, const char*>, Base, WithAttributes<Base, Name>>;

/// Adds the edges of `inputs`, describes the outputs, and makes outs[i] the node's output i.
void connect(Ref<Node> node, Inputs inputs, std::span<const Tensor> outs);
inline void connect(Ref<Node> node, Inputs inputs, const Tensor& out) { connect(std::move(node), inputs, {&out, 1}); }

}  // namespace detail

/// Records that `out` = op(inputs), with one gradient rule per input, in order. A rule takes the gradient of out, and
/// optionally out itself (never capture out: that would keep the graph alive for ever), and returns the gradient of its
/// input, which may still have the broadcast shape of out; undefined means zero. Rules are built from differentiable
/// ops and save their operands with saved(). Returns out, which must be new. `op` is the op's name, or its name with
/// its constant arguments, which graph() then shows: op("transpose", "dim0", a, "dim1", b).
///
///     Tensor mul(const Tensor& a, const Tensor& b) {
///       return record("mul", kernel::mul(a, b), {a, b}, [b = saved(b)](const Tensor& g) { return g * b; },
///                     [a = saved(a)](const Tensor& g) { return g * a; });
///     }
template <class Name, class... Rules>
Tensor record(Name op, Tensor out, Inputs inputs, Rules... rules) {
  if (!records(inputs)) return out;
  using N = detail::NodeOf<detail::RuleNode<Rules...>, Name>;
  auto made = make_ref<N>(op, std::move(rules)...);
  N* node = made.get();
  detail::connect(std::move(made), inputs, out);
  node->drop_unneeded();
  if constexpr (N::kReadsOutput)
    if (node->wants_output()) node->save_output(out);
  return out;
}

/// The same with one rule void(const Tensor& g, Grads& grads) for all inputs, for ops whose gradients share
/// computation: it sets grads[i] if grads.needs(i).
template <class Name, class Rule>
Tensor record_joint(Name op, Tensor out, Inputs inputs, Rule rule) {
  if (!records(inputs)) return out;
  detail::connect(make_ref<detail::NodeOf<detail::JointNode<Rule>, Name>>(op, std::move(rule)), inputs, out);
  return out;
}

/// Records an op with several outputs: `outs` = op(inputs). The rule void(std::span<const Tensor> g, Grads& grads) sets
/// grads[i] if grads.needs(i); g[k] is the gradient of outs[k], undefined if none arrived. Returns outs, which must be
/// new tensors.
///
///     record("halves", TensorList{a, b}, {x}, [](std::span<const Tensor> g, Grads& grads) { ... });
template <class Name, class Rule>
TensorList record(Name op, TensorList outs, Inputs inputs, Rule rule) {
  if (outs.empty() || !records(inputs)) return outs;
  detail::connect(make_ref<detail::NodeOf<detail::OutputsNode<Rule>, Name>>(op, std::move(rule)), inputs, outs);
  return outs;
}

/// True if input i of a recorded op needs a gradient: a forward can use it to skip saving.
inline bool needs(const Tensor& t) { return GradMode::is_enabled() && tracks(t); }

}  // namespace weft::autograd
