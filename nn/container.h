// Modules that hold modules: Sequential, ModuleList; and Functional, a function as a module.
#pragma once

#include "weft/nn/any.h"

namespace weft::nn {

struct FunctionalImpl;

namespace detail {
template <class T>
constexpr bool is_module = requires(const std::remove_cvref_t<T>& t) {
  AnyModule(t);
};
/// True if the arguments of a container's constructor are modules to hold, not a container to copy.
template <class Container, class... Modules>
constexpr bool are_elements = sizeof...(Modules) > 0 &&
                              !((std::is_same_v<std::remove_cvref_t<Modules>, Container> ||
                                 std::is_same_v<std::remove_cvref_t<Modules>, OrderedDict<std::string, AnyModule>>) ||
                                ...);
/// The module as AnyModule; any other callable is taken as a function of one tensor.
template <class T>
AnyModule to_any(T&& module);
}  // namespace detail

/// A name and a module: an element of Sequential({{"fc", nn::Linear(4, 3)}, {"relu", nn::ReLU()}}).
class NamedAnyModule {
 public:
  template <class M>
  NamedAnyModule(std::string name, M&& module)
      : name_(std::move(name)), module_(detail::to_any(std::forward<M>(module))) {}
  const std::string& name() const { return name_; }
  const AnyModule& module() const { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

/// Calls its modules in order, each with the result of the previous one; the first may take several arguments. Modules
/// may be holders, shared pointers, module objects, other Sequentials, or functions of a tensor, with any types between
/// them. Copying the holder shares the modules.
class SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;
  static constexpr bool kRunsItself = true;

  SequentialImpl() = default;
  template <class... Modules>
  requires detail::are_elements<SequentialImpl, Modules...>
  explicit SequentialImpl(Modules&&... modules) { (append(detail::to_any(std::forward<Modules>(modules))), ...); }
  explicit SequentialImpl(const OrderedDict<std::string, AnyModule>& modules);
  SequentialImpl(std::initializer_list<NamedAnyModule> modules);

  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;

  /// The result of the last module. Throws StateError if there is none, ValueError if the types do not fit.
  template <class Result = Tensor, class... Args>
  Result forward(Args&&... args) {
    if constexpr (std::is_same_v<Result, Tensor> && sizeof...(Args) == 1 && (detail::is_tensor<Args> && ...))
      return forward_tensor(args...);
    else
      return this->run(
          [this](auto&&... a) -> Result {
            std::array<AnyValue, sizeof...(a)> values{AnyValue(std::forward<decltype(a)>(a))...};
            return pass(values.data(), values.size()).template get<Result>();
          },
          std::forward<Args>(args)...);
  }
  AnyValue any_forward(AnyValue* args, size_t count);

  /// Appends a module, named by its position or by `name`.
  template <class M>
  void push_back(M&& module) {
    append(detail::to_any(std::forward<M>(module)));
  }
  template <class M>
  void push_back(std::string name, M&& module) {
    push_back(std::move(name), detail::to_any(std::forward<M>(module)));
  }
  void push_back(std::string name, AnyModule module);
  void push_back(...) = delete;  // F::relu names several functions: write [](Tensor x) { return F::relu(x); }
  /// Appends all modules of another Sequential (or vector of modules).
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }
  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  /// The i-th module, optionally as its class. Throws IndexError, or ValueError for another class.
  template <class T>
  auto& at(size_t i) const {
    return entry(i).template get<T>();
  }
  std::shared_ptr<Module> ptr(size_t i) const { return entry(i).ptr(); }
  template <class T>
  auto ptr(size_t i) const {
    return entry(i).template ptr<T>();
  }
  std::shared_ptr<Module> operator[](size_t i) const { return ptr(i); }

 private:
  void append(AnyModule module);
  const AnyModule& entry(size_t i) const;
  Tensor forward_tensor(const Tensor& x);
  AnyValue pass(AnyValue* args, size_t count) const;
  /// Throws ShapeError for an input that the first module does not accept.
  virtual void check_input(const Tensor&) const {}
  std::vector<AnyModule> modules_;
};

extern template class Cloneable<SequentialImpl>;

/// See SequentialImpl.
class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;
  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> modules);
  // Chosen for arguments without a type, so that the compiler shows the caller's line. It is a template so that
  // Sequential() does not match it.
  template <class = void>
  explicit Sequential(...) = delete;  // F::relu names several functions: write [](Tensor x) { return F::relu(x); }
};

/// A list of registered modules: they train, save and print with the module that owns the list. It has no forward: `for
/// (auto& m : *list) x = m->as<nn::Linear>()->forward(x);`
class ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl() = default;
  template <class... Modules>
  requires detail::are_elements<ModuleListImpl, Modules...>
  explicit ModuleListImpl(Modules&&... modules) { (push_back(std::forward<Modules>(modules)), ...); }

  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device>& = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;

  template <class M>
  void push_back(M&& module) {
    insert(size(), std::forward<M>(module));
  }
  /// Throws IndexError unless index <= size().
  template <class M>
  void insert(size_t index, M&& module) {
    insert_module(index, as_module(std::forward<M>(module)));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }
  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  const std::shared_ptr<Module>& ptr(size_t i) const;
  template <class T>
  auto ptr(size_t i) const {
    return std::shared_ptr<typename detail::Contained<T>::type>(ptr(i), &at<T>(i));
  }
  template <class T>
  auto& at(size_t i) const {
    auto* module = ptr(i)->template as<T>();
    if (!module) detail::fail_module_type(*ptr(i), typeid(T));
    return *module;
  }
  const std::shared_ptr<Module>& operator[](size_t i) const { return ptr(i); }

 private:
  template <class M>
  static std::shared_ptr<Module> as_module(std::shared_ptr<M> module) {
    return module;
  }
  template <class M>
  static std::shared_ptr<Module> as_module(const ModuleHolder<M>& holder) {
    return holder.ptr();
  }
  template <class M>
  requires std::is_base_of_v<Module, std::remove_cvref_t<M>>
  static std::shared_ptr<Module> as_module(M&& module) {
    return detail::make_module<std::remove_cvref_t<M>>(std::forward<M>(module));
  }
  void insert_module(size_t index, std::shared_ptr<Module> module);
  std::vector<std::shared_ptr<Module>> modules_;
};
WEFT_LAYER(ModuleList);

/// A function of one tensor as a module: nn::Functional(weft::relu), or with more arguments bound:
/// nn::Functional(weft::softmax, 1).
struct FunctionalImpl : Layer<FunctionalImpl> {
  using Function = std::function<Tensor(Tensor)>;
  explicit FunctionalImpl(Function function) : function_(std::move(function)) {}
  template <class F, class First, class... Rest>
  FunctionalImpl(F function, First first, Rest... rest)
      : function_([=](const Tensor& x) -> Tensor { return function(x, first, rest...); }) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);
  Tensor operator()(const Tensor& x) { return forward(x); }

 private:
  Function function_;
};
extern template class Cloneable<FunctionalImpl>;

/// See FunctionalImpl.
class Functional : public ModuleHolder<FunctionalImpl> {
 public:
  using ModuleHolder<FunctionalImpl>::ModuleHolder;
  using Impl = FunctionalImpl;
  template <class = void>
  explicit Functional(...) = delete;  // F::relu names several functions: write [](Tensor x) { return F::relu(x); }
};

namespace detail {
template <class T>
[[gnu::noinline]] AnyModule to_any(T&& module) {
  using Plain = std::remove_cvref_t<T>;
  if constexpr (requires {
                  typename Plain::ContainedType;
                  module.ptr();
                })  // a holder: quicker to compile than is_module
    return AnyModule(module.ptr());
  else if constexpr (std::is_same_v<Plain, AnyModule>)
    return std::forward<T>(module);
  else if constexpr (is_module<T>)
    return AnyModule(std::forward<T>(module));
  else {
    constexpr bool is_function = requires(Tensor x) { Tensor(module(x)); };
    static_assert(is_function,
                  "an element of a container is a module or a function of one tensor: write "
                  "[](Tensor x) { return ...; }");
    if constexpr (is_function)
      return AnyModule(detail::make_module<FunctionalImpl>(std::forward<T>(module)));
    else
      return AnyModule();
  }
}
}  // namespace detail

}  // namespace weft::nn
