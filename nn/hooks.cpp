// The hooks of a module: a table that forward passes read as a snapshot, so that a hook may remove itself or others.
#include <algorithm>
#include <mutex>

#include "weft/nn/module.h"

namespace weft::nn {
namespace detail {

template <class Hook>
using Numbered = std::vector<std::pair<unsigned, Hook>>;

struct Hooks {
  Numbered<ForwardPreHook> before;
  Numbered<ForwardHook> after;
};

class HookTable {
 public:
  explicit HookTable(std::shared_ptr<const Hooks> hooks = std::make_shared<Hooks>(), unsigned last = 0)
      : hooks_(std::move(hooks)), last_(last) {}

  std::shared_ptr<const Hooks> snapshot() {
    std::lock_guard lock(mutex_);
    return hooks_;
  }
  template <class Hook>
  unsigned add(Numbered<Hook> Hooks::*list, Hook hook) {
    std::lock_guard lock(mutex_);
    auto changed = std::make_shared<Hooks>(*hooks_);
    (*changed.*list).emplace_back(++last_, std::move(hook));
    hooks_ = std::move(changed);
    return last_;
  }
  void remove(unsigned number) {
    std::lock_guard lock(mutex_);
    auto changed = std::make_shared<Hooks>(*hooks_);
    std::erase_if(changed->before, [&](const auto& entry) { return entry.first == number; });
    std::erase_if(changed->after, [&](const auto& entry) { return entry.first == number; });
    hooks_ = std::move(changed);
  }
  /// An independent table with the same hooks.
  std::shared_ptr<HookTable> copy() {
    std::lock_guard lock(mutex_);
    return std::make_shared<HookTable>(hooks_, last_);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Hooks> hooks_;
  unsigned last_;
};

std::shared_ptr<HookTable> copy_hooks(const std::shared_ptr<HookTable>& table) {
  return table ? table->copy() : nullptr;
}

}  // namespace detail

void HookHandle::remove() {
  if (auto table = table_.lock()) table->remove(number_);
  table_.reset();
}

HookHandle Module::register_forward_pre_hook(ForwardPreHook hook) {
  if (!hooks_) hooks_ = std::make_shared<detail::HookTable>();
  return {hooks_, hooks_->add(&detail::Hooks::before, std::move(hook))};
}

HookHandle Module::register_forward_hook(ForwardHook hook) {
  if (!hooks_) hooks_ = std::make_shared<detail::HookTable>();
  return {hooks_, hooks_->add(&detail::Hooks::after, std::move(hook))};
}

std::shared_ptr<const detail::Hooks> Module::current_hooks() const { return hooks_->snapshot(); }

bool Module::any_hooks() const {
  const auto hooks = current_hooks();
  return !hooks->before.empty() || !hooks->after.empty();
}

void Module::before(const detail::Hooks& hooks, Module& module, TensorList& inputs) {
  const size_t count = inputs.size();
  for (const auto& [number, hook] : hooks.before) {
    hook(module, inputs);
    check<StateError>(inputs.size() == count, "[forward_pre_hook] a hook left {} inputs of {}", inputs.size(), count);
  }
}

void Module::after(const detail::Hooks& hooks, Module& module, const TensorList& inputs, Tensor& output) {
  for (const auto& [number, hook] : hooks.after) hook(module, inputs, output);
}

}  // namespace weft::nn
