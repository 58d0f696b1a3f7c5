// Optimizer: the loop over parameters that all optimizers share.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>

#include "weft/optim/options.h"

namespace weft::optim {

/// An optimizer's state for one parameter.
struct ParamState {
  static constexpr size_t kSlots = 3;
  int64_t step = 0;                  ///< updates so far
  double mu_product = 1;             ///< used by NAdam
  std::array<Tensor, kSlots> slots;  ///< row-major tensors of the parameter's sizes; undefined if unused
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
  /// Unset options (`SGDOptions().momentum(0.9)` sets one) are copied from the optimizer's.
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
  /// The parameters' names; by default their index, counted over all groups.
  const std::vector<std::string>& names() const { return names_; }
  bool has_options() const { return options_ != nullptr; }
  /// `static_cast<SGDOptions&>(group.options()).momentum(0.8)`. Throws StateError before the group is added to an
  /// optimizer.
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
  std::optional<double> initial_lr_;  ///< the initial rate of schedulers; cleared by set_lr
};

/// The parameters of an optimizer: `model->parameters()`, `model->named_parameters()` or groups.
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

  /// Updates every parameter that has a gradient. Calls the closure first, with gradients on, and returns its loss.
  /// Throws ShapeError or DtypeError if a gradient does not fit its parameter.
  Tensor step(const LossClosure& closure = {});
  /// Drops the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  /// Adds parameters, with the options set in the group and the optimizer's for the rest. Throws ValueError for an
  /// empty group, a parameter that is no leaf, not floating point or already in a group, a duplicate name, and options
  /// out of range.
  void add_param_group(OptimizerParamGroup group);
  std::vector<OptimizerParamGroup>& param_groups() { return groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const { return groups_; }
  OptimizerOptions& defaults() { return *defaults_; }
  /// The number of parameters.
  size_t size() const;

  /// The learning rate of the first group.
  double lr() const { return groups_.front().lr(); }
  /// Sets it for all groups, also as the initial rate of schedulers constructed later. Throws ValueError.
  void set_lr(double lr);

  /// The state by parameter name. A parameter is added by its first update.
  std::map<std::string, ParamState>& state() { return state_; }
  const std::map<std::string, ParamState>& state() const { return state_; }
  /// The state as tensors "PARAMETER/SLOT" and "PARAMETER/step", and the options as texts "group.I.OPTION". The tensors
  /// share memory with the state.
  StateDict state_dict() const;
  /// Loads such a state; copies the tensors. Throws StateError for another kind of optimizer, other groups or unknown
  /// names, ShapeError or DtypeError if a tensor does not fit its parameter, ValueError for options out of range; then
  /// nothing is changed.
  void load_state_dict(const StateDict& saved);
  const char* name() const { return name_; }

 protected:
  /// `slots` names the tensors in ParamState.
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

/// An optimizer with options of type Options.
template <class Options>
class OptimizerOf : public Optimizer {
 protected:
  OptimizerOf(const char* name, std::vector<const char*> slots, ParamGroups groups, const Options& defaults)
      : Optimizer(name, std::move(slots), std::move(groups), defaults.clone()) {}
  /// Updates param in place by the optimizer's rule; state.step already includes this update.
  virtual void apply(Tensor& param, const Tensor& grad, ParamState& state, const Options& options) const = 0;

 private:
  void update(Tensor& param, const Tensor& grad, ParamState& state, const OptimizerOptions& options) const final {
    apply(param, grad, state, static_cast<const Options&>(options));
  }
};

}  // namespace weft::optim
