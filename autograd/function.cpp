#include "weft/autograd/function.h"

#include <algorithm>

#include "weft/autograd/anomaly.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"

namespace weft::autograd {
namespace {

bool contains(const TensorList& list, const Tensor& t) {
  return std::any_of(list.begin(), list.end(), [&](const Tensor& x) { return x.is_same(t); });
}

Tensor bare(const Tensor& t) { return t.detach(); }

}  // namespace

TensorList AutogradContext::get_saved_variables() const {
  check<StateError>(node_ != nullptr, "[Function] get_saved_variables() called outside of backward");
  return node_->saved_variables();
}

bool AutogradContext::needs_input_grad(size_t i) const {
  check<StateError>(node_ != nullptr, "[Function] needs_input_grad called outside of forward and backward");
  check<IndexError>(i < node_->arguments_.size(), "[Function] needs_input_grad({}) of {} tensors", i,
                    node_->arguments_.size());
  return i < node_->edges.size() && node_->asked_for(i);
}

void FunctionNode::connect() {
  recording_ = GradMode::is_enabled() && std::any_of(inputs_.begin(), inputs_.end(), tracks);
  if (!recording_) return;
  for (const Tensor& t : inputs_) add_edge(edge_of(t));
  if (AnomalyMode::is_enabled()) where = where_called();
}

TensorList FunctionNode::finish(const Ref<FunctionNode>& node, TensorList outputs) {
  FunctionNode& self = *node;
  AutogradContext& context = self.context;
  const bool recording = self.recording_;
  const TensorList inputs = std::move(self.inputs_);
  for (const Tensor& t : context.dirty_) {
    check<StateError>(!recording || !t.is_leaf() || !t.requires_grad(),
                      "[Function] a leaf that requires a gradient was marked dirty");
    check<StateError>(!recording || !t.impl().base, "[Function] a view cannot be marked dirty");
    t.impl().storage->bump_version();
  }
  if (!recording) return outputs;
  TensorList returned = outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    self.outputs.push_back({outputs[i].sizes(), outputs[i].dtype()});
    bool differentiable = outputs[i].is_floating_point() && !contains(context.non_differentiable_, outputs[i]);
    // An input that is returned becomes another tensor, unless forward changed it in place.
    if (contains(inputs, outputs[i]) && !contains(context.dirty_, outputs[i])) outputs[i] = bare(outputs[i]);
    if (differentiable) set_history(outputs[i], node, static_cast<uint32_t>(i));
  }
  for (const Tensor& t : context.to_save_) {
    Kept kept{saved(t)};
    for (size_t i = 0; t.defined() && i < returned.size(); ++i) {
      // An output owns this node, and its views own the output: the node keeps only their elements.
      if (t.impl().base.get() == &returned[i].impl()) kept = {saved(bare(t))};
      if (t.is_same(outputs[i])) kept = {saved(bare(t)), static_cast<int>(i)};
    }
    self.kept_.push_back(std::move(kept));
  }
  context.to_save_.clear(), context.dirty_.clear(), context.non_differentiable_.clear();
  return outputs;
}

TensorList FunctionNode::saved_variables() {
  if (released_) detail::fail_released(*this);
  TensorList out;
  for (const Kept& k : kept_) {
    Tensor t = k.tensor();
    if (k.output >= 0 && GradMode::is_enabled()) {
      t = bare(t);
      set_history(t, Ref<Node>(this), static_cast<uint32_t>(k.output));
    }
    out.push_back(std::move(t));
  }
  return out;
}

void FunctionNode::apply(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs) {
  if (released_) detail::fail_released(*this);
  TensorList gradients(grad_outputs.begin(), grad_outputs.end());
  for (size_t i = 0; context.materialize_ && i < gradients.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = zeros(outputs[i].sizes, outputs[i].dtype);
  TensorList result = backward_(&context, std::move(gradients));
  check<StateError>(result.size() == argument_count_ || result.size() == grad_inputs.size(),
                    "[Function] backward returned {} gradients for {} arguments of forward", result.size(),
                    argument_count_);
  bool per_argument = result.size() == argument_count_;
  for (size_t i = 0; i < grad_inputs.size(); ++i)
    if (asked_for(i)) grad_inputs[i] = std::move(result[per_argument ? arguments_[i] : i]);
}

void FunctionNode::release() {
  released_ = true;
  kept_.clear();
  context.saved_data.clear();
}

}  // namespace weft::autograd
