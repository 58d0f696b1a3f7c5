// AnyModule: one type for modules whose forward functions have different signatures.
#pragma once

#include <any>
#include <array>
#include <string>
#include <typeinfo>

#include "weft/nn/cloneable.h"

namespace weft::nn {

class AnyValue;
namespace detail {
template <class T>
constexpr bool not_any_value = !std::is_same_v<std::remove_cvref_t<T>, AnyValue>;
}

/// Holds a value of any copyable type while it passes between modules.
class AnyValue {
 public:
  AnyValue() = default;
  template <class T>
  requires detail::not_any_value<T>
  explicit AnyValue(T&& value) : value_(std::forward<T>(value)) {}
  /// The value; throws ValueError if it is not a T.
  template <class T>
  T get() const {
    const T* value = try_get<T>();
    if (!value) fail_type(typeid(T), type_info());
    return *value;
  }
  /// The value, or null if it is not a T.
  template <class T>
  T* try_get() {
    return std::any_cast<T>(&value_);
  }
  template <class T>
  const T* try_get() const {
    return std::any_cast<T>(&value_);
  }
  const std::type_info& type_info() const { return value_.type(); }

 private:
  [[noreturn]] static void fail_type(const std::type_info& wanted, const std::type_info& given);
  std::any value_;
};

namespace detail {

[[noreturn]] void fail_argument(size_t number, const std::type_info& wanted, const std::type_info& given);
[[noreturn]] void fail_count(size_t given);
[[noreturn]] void fail_empty_any(const char* what);
[[noreturn]] void fail_module_type(const Module& module, const std::type_info& wanted);

/// The parameters of a member function.
template <class F>
struct Signature;
template <class... Args>
struct Parameters {
  static constexpr size_t count = sizeof...(Args);
};
#define WEFT_SIGNATURE(qualifiers)                 \
  template <class C, class R, class... Args>       \
  struct Signature<R (C::*)(Args...) qualifiers> { \
    using type = Parameters<Args...>;              \
  };
WEFT_SIGNATURE()
WEFT_SIGNATURE(const)
WEFT_SIGNATURE(noexcept)
WEFT_SIGNATURE(const noexcept)
#undef WEFT_SIGNATURE

template <size_t n>
constexpr bool positive = n > 0;
/// The first n of some parameters.
template <size_t n, class Taken, class Rest>
struct Prefix;
template <class... Taken, class... Rest>
struct Prefix<0, Parameters<Taken...>, Parameters<Rest...>> {
  using type = Parameters<Taken...>;
};
template <size_t n, class... Taken, class Next, class... Rest>
requires detail::positive<n>
struct Prefix<n, Parameters<Taken...>, Parameters<Next, Rest...>> {
  using type = typename Prefix<n - 1, Parameters<Taken..., Next>, Parameters<Rest...>>::type;
};

template <class F>
constexpr bool is_tensor_forward = false;
template <class C>
constexpr bool is_tensor_forward<Tensor (C::*)(const Tensor&)> = true;

template <class M, class... Args>
constexpr bool takes(Parameters<Args...>) {
  return requires(M & m, Args && ... args) { m.forward(static_cast<Args&&>(args)...); };
}

template <class T>
T&& argument(AnyValue* args, size_t i) {
  auto* value = args[i].try_get<std::remove_cvref_t<T>>();
  if (!value) fail_argument(i, typeid(T), args[i].type_info());
  return static_cast<T&&>(*value);
}

template <class M, class... Args, size_t... i>
AnyValue call_with(M& module, AnyValue* args, Parameters<Args...>, std::index_sequence<i...>) {
  using Result = decltype(detail::call(module, argument<Args>(args, i)...));
  if constexpr (std::is_void_v<Result>) {
    detail::call(module, argument<Args>(args, i)...);
    return AnyValue();
  } else {
    return AnyValue(detail::call(module, argument<Args>(args, i)...));
  }
}

/// Calls forward with its first n parameters if `count` is n and the others have defaults, else tries n - 1.
template <class M, class All, size_t n>
AnyValue call_prefix(M& module, AnyValue* args, size_t count) {
  using First = typename Prefix<n, Parameters<>, All>::type;
  if constexpr (takes<M>(First{}))
    if (count == n) return call_with(module, args, First{}, std::make_index_sequence<n>());
  if constexpr (n > 0) return call_prefix<M, All, n - 1>(module, args, count);
  fail_count(count);
}

/// The common case, a forward of one tensor: only `forward` differs between classes.
AnyValue call_with_tensor(Module& module, AnyValue* args, size_t count, Tensor (*forward)(Module&, const Tensor&));

/// Calls the forward of a module of class M. A forward that is overloaded or a template is called with tensors.
template <class M>
AnyValue call_any(Module& base, AnyValue* args, size_t count) {
  M& module = static_cast<M&>(base);
  if constexpr (requires { module.any_forward(args, count); }) {
    return module.any_forward(args, count);
  } else if constexpr (requires { requires is_tensor_forward<decltype(&M::forward)>; }) {
    return call_with_tensor(base, args, count,
                            [](Module& m, const Tensor& x) -> Tensor { return detail::call(static_cast<M&>(m), x); });
  } else if constexpr (requires { &M::forward; }) {
    using All = typename Signature<decltype(&M::forward)>::type;
    return call_prefix<M, All, All::count>(module, args, count);
  } else {
    static_assert(takes<M>(Parameters<const Tensor&>{}) || takes<M>(Parameters<const Tensor&, const Tensor&>{}),
                  "the module has no forward() that AnyModule can call");
    return call_prefix<M, Parameters<const Tensor&, const Tensor&, const Tensor&>, 3>(module, args, count);
  }
}

}  // namespace detail

/// Shares a module of any class: made from a shared_ptr, a holder, or a module object. Empty when default constructed.
/// Throws StateError for a pointer to a module that no shared pointer owns.
class AnyModule {
 public:
  AnyModule() = default;
  AnyModule(const AnyModule& o);
  AnyModule(AnyModule&& o) noexcept;
  AnyModule& operator=(AnyModule o) noexcept;
  ~AnyModule();
  template <class M>
  explicit AnyModule(const std::shared_ptr<M>& module) : AnyModule(module.get(), &detail::call_any<M>, &typeid(M)) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}
  template <class M>
  requires std::is_base_of_v<Module, std::remove_cvref_t<M>>
  explicit AnyModule(M&& module) : AnyModule(detail::make_module<std::remove_cvref_t<M>>(std::forward<M>(module))) {}

  bool is_empty() const { return module_ == nullptr; }
  /// Calls forward. The types must be exactly those of its parameters (references aside); throws ValueError otherwise.
  template <class Result = Tensor, class... Args>
  Result forward(Args&&... args) const {
    std::array<AnyValue, sizeof...(Args)> values{AnyValue(std::forward<Args>(args))...};
    AnyValue result = any_forward(values.data(), values.size());
    if constexpr (!std::is_void_v<Result>) return result.template get<Result>();
  }
  AnyValue any_forward(AnyValue* args, size_t count) const;

  /// The module as T (its class or holder name). Throws ValueError if its class is another.
  template <class T>
  auto& get() const {
    auto* module = ptr()->template as<T>();
    if (!module) detail::fail_module_type(*module_, typeid(T));
    return *module;
  }
  const std::shared_ptr<Module>& ptr() const;
  template <class T>
  auto ptr() const {
    using M = typename detail::Contained<T>::type;
    return std::shared_ptr<M>(ptr(), &get<M>());
  }
  /// The type of the module's class. Throws StateError if empty.
  const std::type_info& type_info() const;
  AnyModule clone() const;

 private:
  using Call = AnyValue (*)(Module&, AnyValue*, size_t);
  AnyModule(Module* module, Call call, const std::type_info* type);
  std::shared_ptr<Module> module_;
  Call call_ = nullptr;
  const std::type_info* type_ = &typeid(void);
};

}  // namespace weft::nn
