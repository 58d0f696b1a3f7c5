// ModuleHolder: shared ownership of a module with the module's own constructors, and the macros that define one.
#pragma once

#include <memory>
#include <ostream>

#include "weft/nn/module.h"

namespace weft::nn {

namespace detail {
[[noreturn]] void fail_empty_holder();
std::shared_ptr<Module> own(Module* module);
/// Like std::make_shared, with one control block type for all modules. This, and a separate function per constructor,
/// compiles faster.
template <class M, class... Args>
[[gnu::noinline]] std::shared_ptr<M> make_module(Args&&... args) {
  M* module = new M(std::forward<Args>(args)...);
  return std::shared_ptr<M>(own(module), module);
}

/// True if the arguments of a holder's constructor are meant for the module: not a holder, a pointer or nullptr.
template <class Contained, class Head, class... Tail>
constexpr bool makes_module = sizeof...(Tail) > 0 ||
                              !(std::is_base_of_v<ModuleHolder<Contained>, std::remove_cvref_t<Head>> ||
                                std::is_convertible_v<Head, std::shared_ptr<Contained>>);
}  // namespace detail

/// Holds a module of class Contained by shared pointer: copying a holder shares the module. Its arguments construct the
/// module; `nullptr` makes it empty, to be filled later.
template <class Contained>
class ModuleHolder {
 public:
  using ContainedType = Contained;
  using Impl = Contained;

  ModuleHolder() : impl_(default_construct()) {}
  ModuleHolder(std::nullptr_t) {}                                                // NOLINT: as a pointer
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}  // NOLINT
  template <class Head, class... Tail>
  requires detail::makes_module<Contained, Head, Tail...>
  explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(detail::make_module<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  explicit operator bool() const noexcept { return !is_empty(); }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  /// The module; throws StateError if the holder is empty.
  Contained* get() const {
    if (!impl_) [[unlikely]]
      detail::fail_empty_holder();
    return impl_.get();
  }
  Contained* operator->() const { return get(); }
  Contained& operator*() const { return *get(); }
  const std::shared_ptr<Contained>& ptr() const {
    get();
    return impl_;
  }
  /// The pointer, which may be empty.
  const std::shared_ptr<Contained>& share() const { return impl_; }

  /// The module's forward, with its hooks.
  template <class... Args>
  auto operator()(Args&&... args) const {
    return detail::call(*get(), std::forward<Args>(args)...);
  }

 private:
  static std::shared_ptr<Contained> default_construct() {
    static_assert(std::is_default_constructible_v<Contained>,
                  "this module has no default constructor: give its arguments, or nullptr to fill the holder later");
    if constexpr (std::is_default_constructible_v<Contained>) return detail::make_module<Contained>();
    return nullptr;
  }
  std::shared_ptr<Contained> impl_;
};

/// Prints the module.
template <class Contained>
std::ostream& operator<<(std::ostream& stream, const ModuleHolder<Contained>& holder) {
  return stream << static_cast<const Module&>(*holder);
}

}  // namespace weft::nn

/// Defines the holder Name of the module class Impl.
#define WEFT_MODULE_IMPL(Name, ImplType)                                \
  class Name : public ::weft::nn::ModuleHolder<ImplType> { /* NOLINT */ \
   public:                                                              \
    using ::weft::nn::ModuleHolder<ImplType>::ModuleHolder;             \
    using Impl [[maybe_unused]] = ImplType;                             \
  }
/// Defines the holder Net of the module class NetImpl.
#define WEFT_MODULE(Name) WEFT_MODULE_IMPL(Name, Name##Impl)
