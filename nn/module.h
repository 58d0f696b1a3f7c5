// Module: named parameters, buffers and submodules in order of declaration, and everything derived from that list.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "weft/nn/ordered_dict.h"
#include "weft/tensor/tensor.h"

namespace weft {

namespace nn {
class Module;
}
extern template class OrderedDict<std::string, Tensor>;
extern template class OrderedDict<std::string, std::shared_ptr<nn::Module>>;

}  // namespace weft

namespace weft::nn {

template <class Contained>
class ModuleHolder;
template <class Derived>
class Cloneable;

/// Called before a forward with its tensor arguments in order; assigning an element replaces the argument.
using ForwardPreHook = std::function<void(Module& module, TensorList& inputs)>;
/// Called after a forward with its arguments and result; assigning output replaces the result. If forward does not
/// return a Tensor, output is undefined and an assigned value is ignored.
using ForwardHook = std::function<void(Module& module, const TensorList& inputs, Tensor& output)>;

namespace detail {
class HookTable;
struct Hooks;
std::shared_ptr<HookTable> copy_hooks(const std::shared_ptr<HookTable>& table);

template <class T>
struct Contained {
  using type = T;
};
template <class T>
requires requires { typename T::ContainedType; }
struct Contained<T> {
  using type = typename T::ContainedType;
};
}  // namespace detail

/// Removes a hook: `auto handle = net->register_forward_hook(f); handle.remove();`. May outlive the module.
class HookHandle {
 public:
  HookHandle() = default;
  HookHandle(std::weak_ptr<detail::HookTable> table, unsigned number) : table_(std::move(table)), number_(number) {}
  void remove();

 private:
  std::weak_ptr<detail::HookTable> table_;
  unsigned number_ = 0;
};

/// Base of all modules. A subclass registers its parameters, buffers and submodules; train, to, clone, saving, printing
/// and counting work on the registered items, in order of registration. A parameter or module registered in two places
/// is listed once, under its first name.
///
/// Several threads may run forward of one module at once. Registering, train, to, and adding the first hook change the
/// module and must not run at the same time as anything else.
class Module : public std::enable_shared_from_this<Module> {
 public:
  Module() = default;
  /// `name` is returned by name() and printed; the default is the class's name.
  explicit Module(std::string name) : name_(std::move(name)) {}
  Module(const Module& other);
  Module& operator=(const Module& other);
  virtual ~Module();

  std::string name() const;

  // Registering -----------------------------------------------------------------------------------------------------
  /// Adds a parameter and returns it. It may be undefined (an absent bias). Throws ValueError for a name that is empty,
  /// contains a dot or is taken.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  /// Adds a tensor that is saved but not trained.
  Tensor& register_buffer(std::string name, Tensor tensor);
  /// Adds a submodule and returns it. Throws ValueError also for an empty module and for one that contains this.
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module) {
    add_child(std::move(name), module);
    return module;
  }
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> holder) {
    return register_module(std::move(name), holder.share());
  }
  /// Replaces the child of this name.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module) {
    exchange_child(name, module);
    return module;
  }
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> holder) {
    return replace_module(name, holder.share());
  }
  void unregister_module(const std::string& name);

  // Registered items ------------------------------------------------------------------------------------------------
  /// Parameters of this module, then (recurse) those of its children, depth first, without undefined ones.
  TensorList parameters(bool recurse = true) const { return named_parameters(recurse).values(); }
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  TensorList buffers(bool recurse = true) const { return named_buffers(recurse).values(); }
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  std::vector<std::shared_ptr<Module>> children() const { return children_.values(); }
  const OrderedDict<std::string, std::shared_ptr<Module>>& named_children() const { return children_; }
  /// All modules, parents before children. With include_self the module itself must be owned by a shared_ptr
  /// (StateError).
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = {},
                                                                  bool include_self = true) const;
  /// Number of elements of all parameters, or of those that require a gradient.
  int64_t num_parameters(bool trainable_only = false) const;

  /// Calls function with this module and all modules below it, parents first.
  void apply(const std::function<void(Module&)>& function);
  void apply(const std::function<void(const Module&)>& function) const;
  /// The same with their names ("" or name_prefix for this one).
  void apply(const std::function<void(const std::string&, Module&)>& function, const std::string& name_prefix = {});
  void apply(const std::function<void(const std::string&, const Module&)>& function,
             const std::string& name_prefix = {}) const;

  // State -----------------------------------------------------------------------------------------------------------
  virtual void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const noexcept { return is_training_; }
  /// Converts floating-point parameters, their gradients and buffers. Throws DtypeError unless dtype is floating point.
  virtual void to(Dtype dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);
  virtual void to(Device device, Dtype dtype, bool non_blocking = false);
  virtual void zero_grad(bool set_to_none = true);
  /// A deep copy, for subclasses of Cloneable; others throw StateError.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  // Hooks -----------------------------------------------------------------------------------------------------------
  // They run when a module is called as module(x), when a container calls it, and in every forward of built-in layers.
  HookHandle register_forward_pre_hook(ForwardPreHook hook);
  HookHandle register_forward_hook(ForwardHook hook);
  /// True if any hook is registered.
  bool has_hooks() const { return hooks_ && any_hooks(); }

  /// Runs body(args...) as the forward of this module: runs its hooks, and adds the module's path to errors ("[conv2d]
  /// Net.conv2: ..."). A call through a ModuleHolder or a container does this by itself.
  template <class Body, class... Args>
  auto run(Body&& body, Args&&... args) -> std::decay_t<std::invoke_result_t<Body, Args...>> {
    try {
      if (!hooks_) [[likely]]
        return body(std::forward<Args>(args)...);
      return run_hooked(body, std::forward<Args>(args)...);
    } catch (Error& e) {
      locate(e);
      throw;
    }
  }
  /// "Net.features.2": the keys under which this module was registered last, after the class of the outermost module.
  std::string path() const;

  // Casts -----------------------------------------------------------------------------------------------------------
  /// This as T (a module class or its holder's name: as<nn::Linear>()), or null if it is of another class.
  template <class T>
  auto* as() noexcept {
    return dynamic_cast<typename detail::Contained<T>::type*>(this);
  }
  template <class T>
  const auto* as() const noexcept {
    return dynamic_cast<const typename detail::Contained<T>::type*>(this);
  }

  /// Writes the text before the list of children: the name, and for layers their options.
  virtual void pretty_print(std::ostream& stream) const;
  friend std::ostream& operator<<(std::ostream& stream, const Module& module);

 private:
  template <class Derived>
  friend class Cloneable;
  using Children = OrderedDict<std::string, std::shared_ptr<Module>>;

  void add_child(std::string name, std::shared_ptr<Module> module);
  void exchange_child(const std::string& name, std::shared_ptr<Module> module);
  void check_name(const char* kind, const std::string& name) const;
  void check_child(const std::string& name, const Module* module) const;
  void print_recursive(std::ostream& stream, const std::string& indentation) const;
  template <class F>
  void walk(const std::string& name, const F& f) const;
  OrderedDict<std::string, Tensor> collect(OrderedDict<std::string, Tensor> Module::*which, bool recurse) const;
  void locate(Error& e) const;
  void adopt_children();
  void disown_children() noexcept;

  // Implemented by Cloneable.
  virtual void clone_(Module& other);
  void forget_registered();
  void copy_state(const Module& from);
  [[noreturn]] static void fail_clone(const Module& other);

  // Hooks.
  bool any_hooks() const;
  std::shared_ptr<const detail::Hooks> current_hooks() const;
  static void before(const detail::Hooks& hooks, Module& module, TensorList& inputs);
  static void after(const detail::Hooks& hooks, Module& module, const TensorList& inputs, Tensor& output);
  template <class Body, class... Args>
  auto run_hooked(Body& body, Args&&... args) -> std::decay_t<std::invoke_result_t<Body&, Args...>>;

  std::string name_;
  OrderedDict<std::string, Tensor> parameters_, buffers_;
  Children children_;
  Module* parent_ = nullptr;  // the last parent that registered it; guarded by one lock for all modules
  std::shared_ptr<detail::HookTable> hooks_;
  bool is_training_ = true;
};

namespace detail {

template <class T>
constexpr bool is_tensor = std::is_same_v<std::remove_cvref_t<T>, Tensor>;

template <class T>
void keep_tensor(TensorList& inputs, const T& arg) {
  if constexpr (is_tensor<T>) inputs.push_back(arg);
}

/// The argument, or the tensor that a hook put in its place.
template <class T>
T&& pick(TensorList& inputs, size_t& next, std::remove_reference_t<T>& arg) {
  if constexpr (is_tensor<T>)
    return static_cast<T&&>(inputs[next++]);
  else
    return static_cast<T&&>(arg);
}

/// Calls module.forward(args...) with hooks and error paths. Built-in layers do both in forward itself.
template <class M, class... Args>
auto call(M& module, Args&&... args) {
  if constexpr (requires { M::kRunsItself; })
    return module.forward(std::forward<Args>(args)...);
  else
    return module.run([&module](auto&&... a) { return module.forward(std::forward<decltype(a)>(a)...); },
                      std::forward<Args>(args)...);
}

}  // namespace detail

template <class Body, class... Args>
auto Module::run_hooked(Body& body, Args&&... args) -> std::decay_t<std::invoke_result_t<Body&, Args...>> {
  using Result = std::decay_t<std::invoke_result_t<Body&, Args...>>;
  const std::shared_ptr<const detail::Hooks> hooks = current_hooks();
  TensorList inputs;
  (detail::keep_tensor(inputs, args), ...);
  before(*hooks, *this, inputs);
  TensorList given = inputs;
  [[maybe_unused]] size_t next = 0;
  std::tuple<Args&&...> picked{detail::pick<Args>(given, next, args)...};
  auto forward = [&]() -> decltype(auto) { return std::apply(body, std::move(picked)); };
  Tensor output;
  if constexpr (std::is_void_v<Result>) {
    forward();
    after(*hooks, *this, inputs, output);
  } else if constexpr (detail::is_tensor<Result>) {
    output = forward();
    after(*hooks, *this, inputs, output);
    return output;
  } else {
    Result result = forward();
    after(*hooks, *this, inputs, output);
    return result;
  }
}

}  // namespace weft::nn
