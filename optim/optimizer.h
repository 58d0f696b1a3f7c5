// Optimizer: the one loop over parameters that all optimizers share.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>

#include "weft/optim/options.h"

namespace weft::optim {

/// What an optimizer remembers of one parameter.
struct ParamState {
  static constexpr size_t kSlots = 3;
  int64_t step = 0;                  ///< updates so far
  double mu_product = 1;             ///< NAdam's
  std::array<Tensor, kSlots> slots;  ///< row-major tensors of the parameter's sizes; undefined where not in use
};

/// Named tensors in the form of a module's named_parameters().
template <class D>
concept NamedRange = !std::is_same_v<D, NamedTensors> && requires(const D& d) {
  { d.begin()->first } -> std::convertible_to<std::string>;
  { d.begin()->second } -> std::convertible_to<Tensor>;
};
template <NamedRange D>
NamedTensors to_named_tensors(const D& named) {
  return NamedTensors(named.begin(), named.end());
}

/// Parameters that share options.
class OptimizerParamGroup {
 public:
  OptimizerParamGroup(TensorList params);           // NOLINT: as in libtorch
  OptimizerParamGroup(const NamedTensors& params);  // NOLINT
  template <NamedRange D>
  OptimizerParamGroup(const D& params) : OptimizerParamGroup(to_named_tensors(params)) {}  // NOLINT
  /// Options that are not set (`SGDOptions().momentum(0.9)` sets one) are taken from the optimizer's.
  OptimizerParamGroup(TensorList params, std::unique_ptr<OptimizerOptions> options);
  OptimizerParamGroup(TensorList params, const OptimizerOptions& options);
  OptimizerParamGroup(const NamedTensors& params, const OptimizerOptions& options);
  template <NamedRange D>
  OptimizerParamGroup(const D& params, const OptimizerOptions& options)
      : OptimizerParamGroup(to_named_tensors(params), options) {}
  OptimizerParamGroup(const OptimizerParamGroup& o);
  OptimizerParamGroup& operator=(const OptimizerParamGroup& o);
  OptimizerParamGroup(OptimizerParamGroup&&) noexcept;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) noexcept;
  ~OptimizerParamGroup();

  TensorList& params() { return params_; }
  const TensorList& params() const { return params_; }
  /// The parameters' names; numbers counted over all groups where none were given.
  const std::vector<std::string>& names() const { return names_; }
  bool has_options() const { return options_ != nullptr; }
  /// `static_cast<SGDOptions&>(group.options()).momentum(0.8)`. Throws StateError before an optimizer has the group.
  OptimizerOptions& options();
  const OptimizerOptions& options() const;
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  double lr() const { return options().get_lr(); }
  /// Throws ValueError for a negative rate.
  void set_lr(double lr);

 private:
  friend class Optimizer;
  friend class LRScheduler;
  TensorList params_;
  std::vector<std::string> names_;
  std::unique_ptr<OptimizerOptions> options_;
  std::optional<double> initial_lr_;  ///< the rate that schedulers start from; forgotten by set_lr
};

/// What optimizers are made of: `model->parameters()`, `model->named_parameters()` or groups.
class ParamGroups {
 public:
  ParamGroups(TensorList params);  // NOLINT
  ParamGroups(std::initializer_list<Tensor> params);
  ParamGroups(const NamedTensors& params);  // NOLINT
  template <NamedRange D>
  ParamGroups(const D& params) : ParamGroups(to_named_tensors(params)) {}  // NOLINT
  ParamGroups(std::vector<OptimizerParamGroup> groups);                    // NOLINT
  ParamGroups(std::initializer_list<OptimizerParamGroup> groups);
  ParamGroups(const ParamGroups& o);
  ParamGroups(ParamGroups&& o) noexcept;
  ParamGroups& operator=(ParamGroups o) noexcept;
  ~ParamGroups();
  std::vector<OptimizerParamGroup>& list() { return groups_; }

 private:
  std::vector<OptimizerParamGroup> groups_;
};

/// Base of the optimizers. A parameter without a gradient is skipped: neither it nor its state changes. Parameters are
/// float32 or float64 leaves of any strides and are changed in place.
class Optimizer {
 public:
  using LossClosure = std::function<Tensor()>;
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Updates every parameter that has a gradient. A closure is called first, with gradients on; its loss is returned.
  /// Throws ShapeError or DtypeError where a gradient does not fit its parameter.
  Tensor step(const LossClosure& closure = {});
  /// Drops the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  /// Adds parameters, with the options that the group sets and the optimizer's for the rest. Throws ValueError for no
  /// parameters, one that is no leaf, is not floating point or belongs to a group already, a name used twice, and
  /// options outside their range.
  void add_param_group(OptimizerParamGroup group);
  std::vector<OptimizerParamGroup>& param_groups() { return groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const { return groups_; }
  OptimizerOptions& defaults() { return *defaults_; }
  /// The number of parameters.
  size_t size() const;

  /// The learning rate of the first group.
  double lr() const { return groups_.front().lr(); }
  /// Sets it for all groups, also as the rate that schedulers made from now on start from. Throws ValueError.
  void set_lr(double lr);

  /// What is remembered, by parameter name. Parameters appear with their first update.
  std::map<std::string, ParamState>& state() { return state_; }
  const std::map<std::string, ParamState>& state() const { return state_; }
  /// The state as tensors "PARAMETER/SLOT" and "PARAMETER/step", and the options as texts "group.I.OPTION". The tensors
  /// are those in use, not copies.
  StateDict state_dict() const;
  /// Takes such a state over, copying the tensors. Throws StateError for another kind of optimizer, other groups or
  /// unknown names, ShapeError or DtypeError where a tensor does not fit its parameter, ValueError for options outside
  /// their range; then nothing has changed.
  void load_state_dict(const StateDict& saved);
  const char* name() const { return name_; }

 protected:
  /// `slots` are the names of the tensors in ParamState.
  Optimizer(const char* name, std::vector<const char*> slots, ParamGroups groups,
            std::unique_ptr<OptimizerOptions> defaults);
  virtual void update(Tensor& param, const Tensor& grad, ParamState& state, const OptimizerOptions& options) const = 0;

 private:
  void check_param(const std::string& name, const Tensor& param) const;
  const Tensor* find_param(std::string_view name) const;
  void load_tensor(const std::string& name, const Tensor& saved, std::map<std::string, ParamState>& state) const;

  const char* name_;
  std::vector<const char*> slots_;
  std::unique_ptr<OptimizerOptions> defaults_;
  std::vector<OptimizerParamGroup> groups_;
  std::map<std::string, ParamState> state_;
};

/// An optimizer with its type of options.
template <class Options>
class OptimizerOf : public Optimizer {
 protected:
  OptimizerOf(const char* name, std::vector<const char*> slots, ParamGroups groups, const Options& defaults)
      : Optimizer(name, std::move(slots), std::move(groups), defaults.clone()) {}
  /// Changes param in place by the optimizer's rule; state.step counts this update already.
  virtual void apply(Tensor& param, const Tensor& grad, ParamState& state, const Options& options) const = 0;

 private:
  void update(Tensor& param, const Tensor& grad, ParamState& state, const OptimizerOptions& options) const final {
    apply(param, grad, state, static_cast<const Options&>(options));
  }
};

}  // namespace weft::optim
