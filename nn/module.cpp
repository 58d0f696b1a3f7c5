#include "weft/nn/module.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <ostream>
#include <typeinfo>
#include <unordered_set>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/module_holder.h"
#include "weft/nn/type_name.h"

namespace weft {

void detail::fail_no_key(const std::string& key) { fail<IndexError>("[OrderedDict] no key '{}'", key); }
void detail::fail_key_taken(const std::string& key) { fail<ValueError>("[OrderedDict] the key '{}' is taken", key); }
void detail::fail_no_item(const char* where, size_t i, size_t size) {
  if (size == 0) fail<IndexError>("[OrderedDict] {}: it is empty", where);
  fail<IndexError>("[OrderedDict] {}: index {} of {} items", where, i, size);
}
template class OrderedDict<std::string, Tensor>;
template class OrderedDict<std::string, std::shared_ptr<nn::Module>>;

}  // namespace weft

namespace weft::nn {
namespace {

/// Guards every parent_: a module may be destroyed while another thread looks up the path of a shared child.
std::mutex& parents_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : name.empty() ? prefix : prefix + "." + name;
}

/// The holder's name of a module class: "app::Net" for "app::NetImpl".
std::string holder_name(std::string name) {
  if (name.size() > 4 && name.ends_with("Impl") && name[name.size() - 5] != ':') name.erase(name.size() - 4);
  return name;
}

/// "Net" for "app::NetImpl".
std::string short_name(std::string name) {
  if (size_t arguments = name.find('<'); arguments != std::string::npos) name.erase(arguments);
  if (size_t scope = name.rfind("::"); scope != std::string::npos) name.erase(0, scope + 2);
  return holder_name(std::move(name));
}

void replace_data(Tensor& tensor, const Tensor& data) { tensor.set_data(data.detach()); }

}  // namespace

std::string type_name(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : type.name();
}

std::shared_ptr<Module> detail::own(Module* module) { return std::shared_ptr<Module>(module); }

void detail::fail_empty_holder() { fail<StateError>("[ModuleHolder] the holder is empty: it has no module"); }

// Copying: a copy shares tensors and children; the children keep their parent unless they change it.
// -------------------
Module::Module(const Module& other)
    : std::enable_shared_from_this<Module>(other),
      name_(other.name_),
      parameters_(other.parameters_),
      buffers_(other.buffers_),
      children_(other.children_),
      hooks_(detail::copy_hooks(other.hooks_)),
      is_training_(other.is_training_) {}

Module& Module::operator=(const Module& other) {
  if (this == &other) return *this;
  disown_children();
  name_ = other.name_, parameters_ = other.parameters_, buffers_ = other.buffers_, children_ = other.children_;
  hooks_ = detail::copy_hooks(other.hooks_), is_training_ = other.is_training_;
  adopt_children();
  return *this;
}

Module::~Module() { disown_children(); }

void Module::adopt_children() {
  std::lock_guard lock(parents_mutex());
  for (auto& child : children_) child.value()->parent_ = this;
}

void Module::disown_children() noexcept {
  if (children_.is_empty()) return;
  std::lock_guard lock(parents_mutex());
  for (auto& child : children_)
    if (child.value()->parent_ == this) child.value()->parent_ = nullptr;
}

std::string Module::name() const { return name_.empty() ? type_name(typeid(*this)) : name_; }

// Registering --------------------------------------------------------------------------------------------------------
void Module::check_name(const char* kind, const std::string& name) const {
  const std::string where = short_name(this->name());
  check<ValueError>(!name.empty(), "[register_{}] {}: the name is empty", kind, where);
  check<ValueError>(name.find('.') == std::string::npos, "[register_{}] {}: the name '{}' contains a dot", kind, where,
                    name);
  check<ValueError>(!parameters_.contains(name) && !buffers_.contains(name) && !children_.contains(name),
                    "[register_{}] {}: '{}' is defined already", kind, where, name);
}

void Module::check_child(const std::string& name, const Module* module) const {
  const std::string where = short_name(this->name());
  check<ValueError>(module != nullptr, "[register_module] {}: the module for '{}' is empty", where, name);
  bool contains_this = false;
  module->walk({}, [&](const std::string&, Module& m) { contains_this |= &m == this; });
  check<ValueError>(!contains_this, "[register_module] {}: the module for '{}' contains the module it is added to",
                    where, name);
}

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("parameter", name);
  if (tensor.defined()) tensor.set_requires_grad(requires_grad);
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name("buffer", name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("module", name);
  check_child(name, module.get());
  Module* child = children_.insert(std::move(name), std::move(module)).get();
  std::lock_guard lock(parents_mutex());
  child->parent_ = this;
}

void Module::exchange_child(const std::string& name, std::shared_ptr<Module> module) {
  check<ValueError>(children_.contains(name), "[replace_module] {}: no submodule '{}'", short_name(this->name()), name);
  check_child(name, module.get());
  disown_children();
  children_[name] = std::move(module);
  adopt_children();
}

void Module::unregister_module(const std::string& name) {
  check<ValueError>(children_.contains(name), "[unregister_module] {}: no submodule '{}'", short_name(this->name()),
                    name);
  disown_children();
  children_.erase(name);
  adopt_children();
}

// Registered items ---------------------------------------------------------------------------------------------------
template <class F>
void Module::walk(const std::string& name, const F& f) const {
  f(name, const_cast<Module&>(*this));
  for (const auto& child : children_) child.value()->walk(join(name, child.key()), f);
}

OrderedDict<std::string, Tensor> Module::collect(OrderedDict<std::string, Tensor> Module::*which, bool recurse) const {
  OrderedDict<std::string, Tensor> out;
  std::unordered_set<const void*> seen;
  auto add = [&](const std::string& prefix, Module& module) {
    for (const auto& item : module.*which)
      if (item.value().defined() && seen.insert(item.value().unsafe_impl()).second)
        out.insert(join(prefix, item.key()), item.value());
  };
  if (recurse)
    walk({}, add);
  else
    add({}, const_cast<Module&>(*this));
  return out;
}

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  return collect(&Module::parameters_, recurse);
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  return collect(&Module::buffers_, recurse);
}

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
  check<StateError>(!include_self || !weak_from_this().expired(),
                    "[modules] {}: the module is not held by a shared_ptr; make it with std::make_shared, or pass "
                    "include_self = false",
                    short_name(name()));
  OrderedDict<std::string, std::shared_ptr<Module>> out;
  std::unordered_set<const Module*> seen;
  walk(name_prefix, [&](const std::string& name, Module& module) {
    if (seen.insert(&module).second && (include_self || &module != this)) out.insert(name, module.shared_from_this());
  });
  return out;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules({}, include_self).values();
}

int64_t Module::num_parameters(bool trainable_only) const {
  int64_t count = 0;
  for (const Tensor& p : parameters())
    if (!trainable_only || p.requires_grad()) count += p.numel();
  return count;
}

void Module::apply(const std::function<void(Module&)>& function) {
  walk({}, [&](const std::string&, Module& m) { function(m); });
}
void Module::apply(const std::function<void(const Module&)>& function) const {
  walk({}, [&](const std::string&, Module& m) { function(m); });
}
void Module::apply(const std::function<void(const std::string&, Module&)>& function, const std::string& name_prefix) {
  walk(name_prefix, function);
}
void Module::apply(const std::function<void(const std::string&, const Module&)>& function,
                   const std::string& name_prefix) const {
  walk(name_prefix, function);
}

// State --------------------------------------------------------------------------------------------------------------
void Module::train(bool on) {
  for (auto& child : children_) child.value()->train(on);
  is_training_ = on;
}

void Module::to(Dtype dtype, bool) {
  check<DtypeError>(is_floating_point(dtype), "[to] {}: modules are floating point, not {}", short_name(name()), dtype);
  NoGradGuard no_grad;
  for (Tensor& p : parameters()) {
    if (!is_floating_point(p.dtype()) || p.dtype() == dtype) continue;
    Tensor grad = p.grad();
    p.mutable_grad() = Tensor();
    replace_data(p, p.to(dtype));
    if (grad.defined()) p.mutable_grad() = grad.to(dtype);
  }
  for (Tensor& b : buffers())
    if (is_floating_point(b.dtype()) && b.dtype() != dtype) replace_data(b, b.to(dtype));
}

void Module::to(Device, bool) {}

void Module::to(Device, Dtype dtype, bool non_blocking) { to(dtype, non_blocking); }

void Module::zero_grad(bool set_to_none) {
  for (Tensor& p : parameters()) {
    Tensor& grad = p.mutable_grad();
    if (!grad.defined()) continue;
    grad = set_to_none ? Tensor() : grad.detach();
    if (!set_to_none) grad.zero_();
  }
}

// Cloning ------------------------------------------------------------------------------------------------------------
std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  const std::string name = short_name(this->name());
  fail<StateError>(
      "[clone] {}: the class is not cloneable; derive it from nn::Cloneable and register everything in reset()", name);
}

void Module::clone_(Module& other) { fail_clone(other); }

void Module::fail_clone(const Module& other) {
  fail<StateError>("[clone] {}: reset() of the parent registered a module of another class in its place",
                   short_name(other.name()));
}

void Module::forget_registered() {
  parameters_.clear();
  buffers_.clear();
  children_.clear();
}

void Module::copy_state(const Module& from) {
  NoGradGuard no_grad;
  const std::string where = short_name(name());
  auto copy_tensors = [&](OrderedDict<std::string, Tensor>& mine, const OrderedDict<std::string, Tensor>& theirs) {
    check<StateError>(mine.keys() == theirs.keys(), "[clone] {}: reset() registers {} tensors, the module holds {}",
                      where, mine.size(), theirs.size());
    for (auto& item : mine) {
      const Tensor& source = theirs[item.key()];
      if (!source.defined()) continue;
      check<StateError>(item.value().defined() && !item.value().is_same(source),
                        "[clone] {}: reset() must register a new tensor as '{}'", where, item.key());
      replace_data(item.value(), source.clone());
      item.value().set_requires_grad(source.requires_grad());
    }
  };
  copy_tensors(parameters_, from.parameters_);
  copy_tensors(buffers_, from.buffers_);
  check<StateError>(children_.keys() == from.children_.keys(),
                    "[clone] {}: reset() registers {} modules, the module holds {}", where, children_.size(),
                    from.children_.size());
  for (auto& child : children_) {
    Module& source = *from.children_[child.key()];
    check<StateError>(child.value().get() != &source, "[clone] {}: reset() must register a new module as '{}'", where,
                      child.key());
    child.value()->clone_(source);
  }
}

// Errors and printing ------------------------------------------------------------------------------------------------
std::string Module::path() const {
  std::string path;
  std::lock_guard lock(parents_mutex());
  const Module* module = this;
  for (; module->parent_; module = module->parent_)
    for (const auto& child : module->parent_->children_)
      if (child.value().get() == module) {
        path = join(child.key(), path);
        break;
      }
  return join(short_name(module->name()), path);
}

void Module::locate(Error& e) const {
  if (!e.has_context()) e.add_context(path());
}

void Module::pretty_print(std::ostream& stream) const { stream << holder_name(name()); }

void Module::print_recursive(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  stream << "(\n";
  for (const auto& child : children_) {
    stream << indentation << "  (" << child.key() << "): ";
    child.value()->print_recursive(stream, indentation + "  ");
    stream << '\n';
  }
  stream << indentation << ")";
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  module.print_recursive(stream, {});
  return stream;
}

}  // namespace weft::nn
