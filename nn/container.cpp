#include "weft/nn/container.h"

#include <ostream>

#include "weft/nn/fusion.h"
#include "weft/nn/type_name.h"

namespace weft::nn {

// AnyModule ----------------------------------------------------------------------------------------------------------
void AnyValue::fail_type(const std::type_info& wanted, const std::type_info& given) {
  fail<ValueError>("[forward] the result is a {}, not a {}", type_name(given), type_name(wanted));
}

namespace detail {

void fail_argument(size_t number, const std::type_info& wanted, const std::type_info& given) {
  fail<ValueError>("[forward] argument {} is a {}, forward takes a {}", number, type_name(given), type_name(wanted));
}
void fail_count(size_t given) {
  fail<ValueError>("[forward] called with {} arguments, which forward does not take", given);
}
void fail_empty_any(const char* what) { fail<StateError>("[{}] the AnyModule is empty", what); }
void fail_module_type(const Module& module, const std::type_info& wanted) {
  fail<ValueError>("[get] the module is a {}, not a {}", module.name(), type_name(wanted));
}

AnyValue call_with_tensor(Module& module, AnyValue* args, size_t count, Tensor (*forward)(Module&, const Tensor&)) {
  if (count != 1) fail_count(count);
  return AnyValue(forward(module, argument<const Tensor&>(args, 0)));
}

}  // namespace detail

AnyModule::AnyModule(Module* module, Call call, const std::type_info* type)
    : module_(module ? module->weak_from_this().lock() : nullptr), call_(call), type_(type) {
  check<StateError>(module_ || !module, "[AnyModule] the module is part of another object: pass a separate shared_ptr");
}
AnyModule::AnyModule(const AnyModule&) = default;
AnyModule::AnyModule(AnyModule&&) noexcept = default;
AnyModule& AnyModule::operator=(AnyModule o) noexcept {
  module_.swap(o.module_);
  call_ = o.call_, type_ = o.type_;
  return *this;
}
AnyModule::~AnyModule() = default;

AnyValue AnyModule::any_forward(AnyValue* args, size_t count) const {
  if (!module_) detail::fail_empty_any("forward");
  try {
    return call_(*module_, args, count);
  } catch (Error& e) {
    if (!e.has_context()) e.add_context(module_->path());
    throw;
  }
}

const std::shared_ptr<Module>& AnyModule::ptr() const {
  if (!module_) detail::fail_empty_any("ptr");
  return module_;
}

const std::type_info& AnyModule::type_info() const {
  if (!module_) detail::fail_empty_any("type_info");
  return *type_;
}

AnyModule AnyModule::clone() const {
  AnyModule copy = *this;
  if (module_) copy.module_ = module_->clone();
  return copy;
}

// Sequential ---------------------------------------------------------------------------------------------------------
SequentialImpl::SequentialImpl(const OrderedDict<std::string, AnyModule>& modules) {
  for (const auto& item : modules) push_back(item.key(), item.value());
}

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
  for (const NamedAnyModule& item : modules) push_back(item.name(), item.module());
}

Sequential::Sequential(std::initializer_list<NamedAnyModule> modules)
    : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}

void SequentialImpl::push_back(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}

void SequentialImpl::append(AnyModule module) { push_back(std::to_string(size()), std::move(module)); }

const AnyModule& SequentialImpl::entry(size_t i) const {
  check<IndexError>(i < size(), "[Sequential] module {} of {}", i, size());
  return modules_[i];
}

AnyValue SequentialImpl::pass(AnyValue* args, size_t count) const {
  check<StateError>(!is_empty(), "[forward] the Sequential is empty");
  if (const Tensor* input = count == 1 ? args->try_get<Tensor>() : nullptr) check_input(*input);
  AnyValue value;
  for (size_t i = 0; i < size(); args = &value, count = 1) {
    Tensor fused;
    const Tensor* x = count == 1 ? args->try_get<Tensor>() : nullptr;
    if (const size_t layers = x ? forward_fused({modules_.data() + i, size() - i}, *x, args == &value, fused) : 0) {
      value = AnyValue(std::move(fused));
      i += layers;
      continue;
    }
    AnyValue result = modules_[i++].any_forward(args, count);
    value = std::move(result);
  }
  return value;
}

Tensor SequentialImpl::forward_tensor(const Tensor& x) {
  return run(
      [this](const Tensor& in) {
        AnyValue input(in);
        return pass(&input, 1).get<Tensor>();
      },
      x);
}

AnyValue SequentialImpl::any_forward(AnyValue* args, size_t count) {
  if (count == 1 && args->try_get<Tensor>()) {  // so that hooks see the tensors
    return run(
        [this](const Tensor& x) {
          AnyValue input(x);
          return pass(&input, 1);
        },
        *args->try_get<Tensor>());
  }
  return run([&] { return pass(args, count); });
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<SequentialImpl>(*this);
  copy->remake([&] {
    copy->modules_.clear();
    for (size_t i = 0; i < size(); ++i) copy->push_back(named_children()[i].key(), modules_[i].clone());
  });
  return copy;
}

void SequentialImpl::pretty_print(std::ostream& stream) const { stream << "weft::nn::Sequential"; }

// ModuleList ---------------------------------------------------------------------------------------------------------
void ModuleListImpl::insert_module(size_t index, std::shared_ptr<Module> module) {
  check<IndexError>(index <= size(), "[ModuleList] insertion at {} of {}", index, size());
  register_module(std::to_string(size()), module);
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  for (size_t i = index; i + 1 < size(); ++i) replace_module(std::to_string(i), modules_[i]);
  replace_module(std::to_string(size() - 1), modules_.back());
}

const std::shared_ptr<Module>& ModuleListImpl::ptr(size_t i) const {
  check<IndexError>(i < size(), "[ModuleList] module {} of {}", i, size());
  return modules_[i];
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<ModuleListImpl>(*this);
  copy->remake([&] {
    copy->modules_.clear();
    for (const auto& module : modules_) copy->push_back(module->clone());
  });
  return copy;
}

void ModuleListImpl::pretty_print(std::ostream& stream) const { stream << "weft::nn::ModuleList"; }

// Functional ---------------------------------------------------------------------------------------------------------
Tensor FunctionalImpl::forward(const Tensor& x) {
  return run([this](const Tensor& t) { return function_(t); }, x);
}

void FunctionalImpl::pretty_print(std::ostream& stream) const { stream << "weft::nn::Functional()"; }

template class Cloneable<ModuleListImpl>;
template class Cloneable<FunctionalImpl>;
template class Cloneable<SequentialImpl>;

}  // namespace weft::nn
