// Cloneable: modules that can be copied deeply, and Layer, the base of weft's own.
#pragma once

#include "weft/nn/module_holder.h"

namespace weft::nn {

/// Base of modules that clone() copies: `struct NetImpl : nn::Cloneable<NetImpl>`. Parameters, buffers and submodules
/// must be registered (anew) in reset(), which the constructor calls too. clone calls reset() on a copy of the object
/// and then gives it copies of all registered tensors; so it draws initial numbers, as libtorch's does.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;
  /// Registers and initialises everything.
  virtual void reset() = 0;

  /// Throws StateError where reset() registers something else than this module holds.
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;

 protected:
  /// For containers, which make their children without reset(): forgets all that is registered, then calls fill.
  template <class F>
  void remake(F fill) {
    this->forget_registered();
    fill();
  }

 private:
  void clone_(Module& other) final;
};

template <class Derived>
std::shared_ptr<Module> Cloneable<Derived>::clone(const std::optional<Device>&) const {
  auto copy = detail::make_module<Derived>(static_cast<const Derived&>(*this));
  copy->forget_registered();
  copy->reset();
  copy->copy_state(*this);
  return copy;
}

template <class Derived>
void Cloneable<Derived>::clone_(Module& other) {
  const std::shared_ptr<Module> copy = other.clone();
  auto* same = dynamic_cast<Derived*>(copy.get());
  if (!same) fail_clone(other);
  static_cast<Derived&>(*this) = *same;
}

/// Base of weft's own layers: their forward runs hooks and locates errors by itself, however it is called.
template <class Derived>
class Layer : public Cloneable<Derived> {
 public:
  static constexpr bool kRunsItself = true;
  using Cloneable<Derived>::Cloneable;
};

}  // namespace weft::nn

/// The holder of one of weft's own layers. Its source has `template class Cloneable<Impl>;`, so that programs need not
/// compile the copying of all layers.
#define WEFT_LAYER(Name)                       \
  extern template class Cloneable<Name##Impl>; \
  WEFT_MODULE(Name)
