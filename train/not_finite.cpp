#include "weft/train/not_finite.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <thread>
#include <vector>

#include "weft/autograd/functions.h"
#include "weft/autograd/grad_mode.h"
#include "weft/nn/container.h"
#include "weft/tensor/random.h"

namespace weft::train {
namespace {

// The sum is finite if every element is: float32 elements are added in float64.
bool is_finite(const Tensor& t) {
  if (!t.defined() || !is_floating_point(t.dtype()) || t.numel() == 0) return true;
  return std::isfinite(t.detach().to(kFloat64).sum().item<double>());
}

bool are_finite(const TensorList& list) {
  for (const Tensor& t : list)
    if (!is_finite(t)) return false;
  return true;
}

std::string called(const std::string& name, const nn::Module& module) {
  std::ostringstream kind;
  module.pretty_print(kind);
  return name.empty() ? kind.str() : fmt::format("'{}' ({})", name, kind.str());
}

std::optional<std::string> weights_not_finite_of(const nn::Module& module, bool recurse) {
  for (const auto& named : {module.named_parameters(recurse), module.named_buffers(recurse)})
    for (const auto& [name, tensor] : named)
      if (!is_finite(tensor)) return name;
  return std::nullopt;
}

std::string phrase(const std::string& name, const nn::Module& module, const TensorList& inputs) {
  const std::string where = called(name, module);
  if (!are_finite(inputs)) return fmt::format("the input of {} is not finite: look at the data", where);
  const auto weight = weights_not_finite_of(module, false);
  return fmt::format("the output of {} is the first that is not finite{}", where,
                     weight ? fmt::format(", and so is its {}", *weight) : "");
}

// Calls the forward of one tensor, for classes whose forward is known here.
bool run_again(nn::Module& module, const TensorList& inputs) {
  auto* sequential = module.as<nn::SequentialImpl>();
  if (!sequential || inputs.size() != 1) return false;
  (void)sequential->forward(inputs[0]);
  return true;
}

// The second forward leaves the generator unchanged.
class KeptGenerator {
 public:
  KeptGenerator() : state_(default_generator().get_state()) {}
  ~KeptGenerator() { default_generator().set_state(state_); }

 private:
  Tensor state_;
};

}  // namespace

std::string first_not_finite(nn::Module& model, const std::function<void()>& forward) {
  NoGradGuard no_grad;
  KeptGenerator generator;
  std::string found;
  std::vector<nn::HookHandle> hooks;
  model.apply([&](const std::string& name, nn::Module& module) {
    hooks.push_back(module.register_forward_hook([&, name](nn::Module& m, const TensorList& inputs, Tensor& output) {
      if (found.empty() && !is_finite(output)) found = phrase(name, m, inputs);
    }));
  });
  try {
    forward();
  } catch (const Error& e) {
    if (found.empty()) found = e.what();
  }
  for (nn::HookHandle& hook : hooks) hook.remove();
  return found;
}

std::optional<std::string> weights_not_finite(const nn::Module& model) { return weights_not_finite_of(model, true); }

struct FiniteWatch::State {
  nn::Module* model;
  TensorList inputs;
  std::string reason;
  std::thread::id thread = std::this_thread::get_id();  // forwards of other threads are ignored
  bool looking = false, ended = false;

  void look() {
    looking = true;
    reason = first_not_finite(*model, [&] { run_again(*model, inputs); });
    looking = false;
  }
};

FiniteWatch::FiniteWatch(nn::Module& model) : state_(std::make_shared<State>(State{&model, {}, {}})) {
  hook_ = model.register_forward_hook([state = state_](nn::Module& module, const TensorList& inputs, Tensor& output) {
    if (state->looking || state->ended || &module != state->model || std::this_thread::get_id() != state->thread ||
        !output.defined() || !output.requires_grad())
      return;
    state->inputs = inputs;
    state->reason.clear();
    output.register_hook([weak = std::weak_ptr(state)](const Tensor& gradient) {
      const auto watch = weak.lock();
      if (watch && watch->reason.empty() && !std::isfinite(gradient.sum().item<double>())) watch->look();
    });
  });
}

FiniteWatch::~FiniteWatch() {
  state_->ended = true;
  state_->inputs.clear();
  hook_.remove();
}

std::string FiniteWatch::reason() const {
  if (state_->reason.empty() && !state_->inputs.empty()) state_->look();
  if (!state_->reason.empty()) return state_->reason;
  const auto weight = weights_not_finite(*state_->model);
  return weight ? fmt::format("the weight {} is not finite", *weight)
                : "every output of the model is finite, the loss alone is not";
}

}  // namespace weft::train
