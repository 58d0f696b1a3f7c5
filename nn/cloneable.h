// Cloneable: modules that support deep copies. Layer: the base of weft's own layers.
#pragma once

#include "weft/nn/module_holder.h"

namespace weft::nn {

/// Base of modules that clone() copies: `struct NetImpl : nn::Cloneable<NetImpl>`. reset(), which the constructor calls
/// too, must register parameters, buffers and submodules. clone() calls reset() on a copy of the object and then copies
/// all registered tensors into it; so, as in libtorch, it draws random initial values.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;
  /// Registers and initialises everything.
  virtual void reset() = 0;

  /// Throws StateError if reset() registers other tensors or modules than this module holds.
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;

 protected:
  /// For containers, which build their children outside reset(): clears the registered items, then calls fill.
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

/// Base of weft's own layers: forward itself runs the hooks and adds the module's path to errors, however it is called.
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
