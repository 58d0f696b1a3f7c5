// The loop over parameters, groups, and the optimizer's state as named tensors.
#include "weft/optim/optimizer.h"

#include <algorithm>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/creation.h"

namespace weft::optim {

// Groups --------------------------------------------------------------------------------------------------------------

OptimizerParamGroup::OptimizerParamGroup(TensorList params) : params_(std::move(params)) {}
OptimizerParamGroup::OptimizerParamGroup(const NamedTensors& params) {
  for (const auto& [name, tensor] : params) {
    names_.push_back(name);
    params_.push_back(tensor);
  }
}
OptimizerParamGroup::OptimizerParamGroup(TensorList params, std::unique_ptr<OptimizerOptions> options)
    : params_(std::move(params)), options_(std::move(options)) {}
OptimizerParamGroup::OptimizerParamGroup(TensorList params, const OptimizerOptions& options)
    : OptimizerParamGroup(std::move(params), options.clone()) {}
OptimizerParamGroup::OptimizerParamGroup(const NamedTensors& params, const OptimizerOptions& options)
    : OptimizerParamGroup(params) {
  options_ = options.clone();
}
OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup& o)
    : params_(o.params_),
      names_(o.names_),
      options_(o.options_ ? o.options_->clone() : nullptr),
      initial_lr_(o.initial_lr_) {}
OptimizerParamGroup& OptimizerParamGroup::operator=(const OptimizerParamGroup& o) {
  return *this = OptimizerParamGroup(o);
}

OptimizerParamGroup::OptimizerParamGroup(OptimizerParamGroup&&) noexcept = default;
OptimizerParamGroup& OptimizerParamGroup::operator=(OptimizerParamGroup&&) noexcept = default;
OptimizerParamGroup::~OptimizerParamGroup() = default;

OptimizerOptions& OptimizerParamGroup::options() {
  check<StateError>(has_options(), "[optim] a group has no options before an optimizer has it");
  return *options_;
}
const OptimizerOptions& OptimizerParamGroup::options() const {
  return const_cast<OptimizerParamGroup*>(this)->options();
}

void OptimizerParamGroup::set_lr(double lr) {
  check_not_negative("optim", "lr", lr);
  options().set_lr(lr);
  initial_lr_.reset();
}

ParamGroups::ParamGroups(TensorList params) : groups_{OptimizerParamGroup(std::move(params))} {}
ParamGroups::ParamGroups(std::initializer_list<Tensor> params) : ParamGroups(TensorList(params)) {}
ParamGroups::ParamGroups(const NamedTensors& params) : groups_{OptimizerParamGroup(params)} {}
ParamGroups::ParamGroups(std::vector<OptimizerParamGroup> groups) : groups_(std::move(groups)) {}
ParamGroups::ParamGroups(std::initializer_list<OptimizerParamGroup> groups) : groups_(groups) {}
ParamGroups::ParamGroups(const ParamGroups&) = default;
ParamGroups::ParamGroups(ParamGroups&&) noexcept = default;
ParamGroups& ParamGroups::operator=(ParamGroups o) noexcept { return groups_ = std::move(o.groups_), *this; }
ParamGroups::~ParamGroups() = default;

// The loop ------------------------------------------------------------------------------------------------------------

Optimizer::Optimizer(const char* name, std::vector<const char*> slots, ParamGroups groups,
                     std::unique_ptr<OptimizerOptions> defaults)
    : name_(name), slots_(std::move(slots)), defaults_(std::move(defaults)) {
  defaults_->validate();
  check<ValueError>(!groups.list().empty(), "[{}] no parameters given", name_);
  for (OptimizerParamGroup& group : groups.list()) add_param_group(std::move(group));
}

Optimizer::~Optimizer() = default;

Tensor Optimizer::step(const LossClosure& closure) {
  Tensor loss;
  if (closure) {
    AutoGradMode on(true);
    loss = closure();
  }
  NoGradGuard no_grad;
  for (OptimizerParamGroup& group : groups_)
    for (size_t i = 0; i < group.params_.size(); ++i) {
      Tensor& param = group.params_[i];
      const Tensor& grad = param.grad();
      if (!grad.defined()) continue;
      check<ShapeError>(grad.sizes() == param.sizes(), "[{}] parameter '{}' is {}, its gradient {}", name_,
                        group.names_[i], param.sizes(), grad.sizes());
      check<DtypeError>(grad.dtype() == param.dtype(), "[{}] parameter '{}' is {}, its gradient {}", name_,
                        group.names_[i], param.dtype(), grad.dtype());
      ParamState& state = state_[group.names_[i]];
      ++state.step;
      update(param, grad, state, *group.options_);
    }
  return loss;
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup& group : groups_)
    for (Tensor& param : group.params_) {
      if (!param.grad().defined()) continue;
      if (set_to_none) {
        param.mutable_grad() = Tensor();
      } else {
        Tensor grad = param.grad().detach();
        grad.zero_();
        param.mutable_grad() = grad;
      }
    }
}

size_t Optimizer::size() const {
  size_t n = 0;
  for (const OptimizerParamGroup& group : groups_) n += group.params_.size();
  return n;
}

void Optimizer::set_lr(double lr) {
  for (OptimizerParamGroup& group : groups_) group.set_lr(lr);
}

void Optimizer::check_param(const std::string& name, const Tensor& param) const {
  check<ValueError>(param.defined(), "[{}] parameter '{}' is undefined", name_, name);
  check<ValueError>(param.is_floating_point(), "[{}] parameter '{}' is {}, expected floating point", name_, name,
                    param.dtype());
  check<ValueError>(param.is_leaf(), "[{}] parameter '{}' is the result of an op, expected a leaf", name_, name);
  for (const OptimizerParamGroup& group : groups_)
    for (size_t i = 0; i < group.params_.size(); ++i) {
      check<ValueError>(!group.params_[i].is_same(param), "[{}] parameter '{}' is in a group already", name_, name);
      check<ValueError>(group.names_[i] != name, "[{}] two parameters are named '{}'", name_, name);
    }
}

void Optimizer::add_param_group(OptimizerParamGroup group) {
  check<ValueError>(!group.params_.empty(), "[{}] a group without parameters", name_);
  if (group.options_)
    group.options_->inherit(*defaults_);
  else
    group.options_ = defaults_->clone();
  group.options_->validate();
  if (group.names_.empty())
    for (size_t first = size(), i = 0; i < group.params_.size(); ++i)
      group.names_.push_back(fmt::format("{}", first + i));
  // The group's own parameters must also be distinct.
  for (size_t i = 0; i < group.params_.size(); ++i) {
    check_param(group.names_[i], group.params_[i]);
    for (size_t j = 0; j < i; ++j) {
      check<ValueError>(!group.params_[i].is_same(group.params_[j]),
                        "[{}] parameters '{}' and '{}' are the same tensor", name_, group.names_[j], group.names_[i]);
      check<ValueError>(group.names_[i] != group.names_[j], "[{}] two parameters are named '{}'", name_,
                        group.names_[i]);
    }
  }
  groups_.push_back(std::move(group));
}

// Saved state ---------------------------------------------------------------------------------------------------------

const Tensor* Optimizer::find_param(std::string_view name) const {
  for (const OptimizerParamGroup& group : groups_)
    for (size_t i = 0; i < group.params_.size(); ++i)
      if (group.names_[i] == name) return &group.params_[i];
  return nullptr;
}

StateDict Optimizer::state_dict() const {
  StateDict out;
  for (const auto& [name, state] : state_) {
    out.tensors.emplace_back(name + "/step", scalar_tensor(state.step, kInt64));
    if (state.mu_product != 1)
      out.tensors.emplace_back(name + "/mu_product", scalar_tensor(state.mu_product, kFloat64));
    for (size_t i = 0; i < slots_.size(); ++i)
      if (state.slots[i].defined()) out.tensors.emplace_back(name + "/" + slots_[i], state.slots[i]);
  }
  out.metadata["optimizer"] = name_;
  out.metadata["groups"] = to_text(static_cast<int64_t>(groups_.size()));
  for (size_t i = 0; i < groups_.size(); ++i) {
    const std::string prefix = fmt::format("group.{}.", i);
    out.metadata[prefix + "size"] = to_text(static_cast<int64_t>(groups_[i].params_.size()));
    if (groups_[i].initial_lr_) out.metadata[prefix + "initial_lr"] = to_text(*groups_[i].initial_lr_);
    for (const auto& [option, text] : groups_[i].options_->save()) out.metadata[prefix + option] = text;
  }
  return out;
}

void Optimizer::load_tensor(const std::string& name, const Tensor& saved,
                            std::map<std::string, ParamState>& state) const {
  const size_t slash = name.rfind('/');
  check<StateError>(slash != std::string::npos, "[{}] '{}' is not part of an optimizer's state", name_, name);
  const std::string param_name = name.substr(0, slash), slot = name.substr(slash + 1);
  const Tensor* param = find_param(param_name);
  check<StateError>(param, "[{}] state '{}' is of a parameter that the optimizer does not have", name_, name);

  auto found = std::find(slots_.begin(), slots_.end(), slot);
  const bool is_slot = found != slots_.end();
  check<StateError>(is_slot || slot == "step" || slot == "mu_product", "[{}] state '{}' is unknown", name_, name);
  const Dtype dtype = is_slot ? dtype_info(param->dtype()).compute : slot == "step" ? kInt64 : kFloat64;
  const IntArrayRef sizes = is_slot ? param->sizes() : IntArrayRef();
  check<ShapeError>(saved.sizes() == sizes, "[{}] state '{}' is {}, expected {}", name_, name, saved.sizes(), sizes);
  check<DtypeError>(saved.dtype() == dtype, "[{}] state '{}' is {}, expected {}", name_, name, saved.dtype(), dtype);

  ParamState& s = state[param_name];
  if (is_slot) {
    NoGradGuard no_grad;
    s.slots[static_cast<size_t>(found - slots_.begin())] = saved.contiguous().clone();
  } else if (slot == "step") {
    s.step = saved.item<int64_t>();
  } else {
    s.mu_product = saved.item<double>();
  }
}

void Optimizer::load_state_dict(const StateDict& saved) {
  const std::string& kind = text_at(saved.metadata, "optimizer");
  check<StateError>(kind == name_, "[{}] the state is of {}", name_, kind);
  const int64_t count = int_at(saved.metadata, "groups");
  check<StateError>(count == static_cast<int64_t>(groups_.size()), "[{}] the state has {} groups, the optimizer {}",
                    name_, count, groups_.size());

  // Everything is built separately, so that a failure changes nothing.
  std::vector<OptimizerParamGroup> groups = groups_;
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::string prefix = fmt::format("group.{}.", i);
    const int64_t size = int_at(saved.metadata, prefix + "size");
    check<StateError>(size == static_cast<int64_t>(groups[i].params_.size()),
                      "[{}] the state has {} parameters in group {}, the optimizer {}", name_, size, i,
                      groups[i].params_.size());
    Metadata options;
    for (const auto& [key, text] : saved.metadata)
      if (key.starts_with(prefix)) options[key.substr(prefix.size())] = text;
    groups[i].options_->load(options);
    groups[i].options_->validate();
    groups[i].initial_lr_.reset();
    if (options.count("initial_lr")) groups[i].initial_lr_ = double_at(options, "initial_lr");
  }
  std::map<std::string, ParamState> state;
  for (const auto& [name, tensor] : saved.tensors) load_tensor(name, tensor, state);
  // Assigned to the options in use, because a program may hold references to them.
  for (size_t i = 0; i < groups.size(); ++i) {
    groups_[i].options_->load(groups[i].options_->save());
    groups_[i].initial_lr_ = groups[i].initial_lr_;
  }
  state_ = std::move(state);
}

}  // namespace weft::optim
