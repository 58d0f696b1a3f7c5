// The options of optimizers: values that remember if they were set, so that groups inherit the others.
#pragma once

#include <memory>
#include <optional>
#include <tuple>

#include "weft/tensor/named_tensors.h"

namespace weft::optim {

using Betas = std::tuple<double, double>;

/// One option of an optimizer.
template <class T>
struct Option {
  const char* name;
  T value;
  T standard = value;  ///< the default value
  bool assigned = false;
  void assign(T v) { value = v, assigned = true; }
  /// True if assigned by its setter, or changed from the default through a reference.
  bool is_set() const { return assigned || value != standard; }
};

/// The common interface of all options.
class OptimizerOptions {
 public:
  virtual ~OptimizerOptions() = default;
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  /// Copies every option that is not set here from `defaults`. Throws ValueError unless `defaults` has the same type.
  virtual void inherit(const OptimizerOptions& defaults) = 0;
  /// Throws ValueError with the first option out of range.
  virtual void validate() const = 0;
  /// Converts the options to text, and back. load throws StateError for a missing or malformed entry.
  virtual Metadata save() const = 0;
  virtual void load(const Metadata& saved) = 0;
  /// The momentum, or the first beta, which OneCycleLR varies; null if there is none.
  virtual double* momentum_option() = 0;

  double get_lr() const { return lr_.value; }
  void set_lr(double lr) { lr_.assign(lr); }

 protected:
  explicit OptimizerOptions(double standard_lr) : lr_{"lr", standard_lr} {}
  OptimizerOptions(const OptimizerOptions&) = default;
  OptimizerOptions& operator=(const OptimizerOptions&) = default;
  Option<double> lr_;
};

/// Declares an option of `Self`: its setter, which returns the options so that calls chain, and its getters.
#define WEFT_OPTIM_OPTION(Self, type, option, ...)                    \
 public:                                                              \
  Self& option(type value) { return option##_.assign(value), *this; } \
  const type& option() const { return option##_.value; }              \
  type& option() { return option##_.value; }                          \
                                                                      \
 private:                                                             \
  Option<type> option##_{#option, __VA_ARGS__};                       \
                                                                      \
 public:

/// Everything derived from the list of options. The bodies are in options_of.h, which the source of an optimizer
/// includes to instantiate `template class OptionsOf<Self>`; programs that only use it need not compile them. Self has
/// `template <class S> static auto list(S& self)`, a std::tie of its options without lr.
template <class Self>
class OptionsOf : public OptimizerOptions {
 public:
  using OptimizerOptions::OptimizerOptions;
  Self& lr(double lr) { return set_lr(lr), self(); }
  double lr() const { return lr_.value; }
  double& lr() { return lr_.value; }

  std::unique_ptr<OptimizerOptions> clone() const override;
  void inherit(const OptimizerOptions& defaults) override;
  Metadata save() const override;
  void load(const Metadata& saved) override;
  double* momentum_option() override;

 private:
  Self& self() { return static_cast<Self&>(*this); }
  const Self& self() const { return static_cast<const Self&>(*this); }
  template <class S>
  static auto all(S& self) {
    return std::tuple_cat(
        std::tie(static_cast<std::conditional_t<std::is_const_v<S>, const OptionsOf, OptionsOf>&>(self).lr_),
        Self::list(self));
  }
  template <class Tuple, class F>
  static void each(Tuple options, F f) {
    std::apply([&](auto&... option) { (f(option), ...); }, options);
  }
  template <class A, class B, class F>
  static void zip(A a, B b, F f) {
    [&]<size_t... I>(std::index_sequence<I...>) { (f(std::get<I>(a), std::get<I>(b)), ...); }
    (std::make_index_sequence<std::tuple_size_v<A>>());
  }
};

/// Throws ValueError unless `value` is in the range; NaN never is.
void check_not_negative(const char* optimizer, const char* option, double value);
void check_fraction(const char* optimizer, const char* option, double value);  ///< [0, 1)
void check_betas(const char* optimizer, const Betas& betas);

}  // namespace weft::optim
