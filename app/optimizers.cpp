#include <algorithm>

#include "weft/app/tables.h"
#include "weft/optim/optim.h"

namespace command {
using namespace weft;
using namespace weft::optim;

namespace {

/// The parameter for an entry of saved options: "beta1" for "betas.0".
std::string parameter_of(const std::string& key) {
  return key == "betas.0" ? "beta1" : key == "betas.1" ? "beta2" : key;
}

/// A row whose parameters are the optimizer's options with their defaults; `flags` are boolean.
template <class O, class Options>
OptimizerRow row(const char* name, const char* what, const std::vector<std::string>& flags = {}) {
  constexpr double kAny = 1e9;  // the optimizer itself checks ranges
  OptimizerRow out{{name, what}, Options().get_lr(), {}};
  for (const auto& [key, value] : Options().save()) {
    if (key == "lr") continue;
    const bool is_flag = std::find(flags.begin(), flags.end(), key) != flags.end();
    out.options.push_back(
        is_flag ? nn::lang::flag(key)
                : nn::lang::number(parameter_of(key), -kAny, kAny).defaults_to(double_at(Options().save(), key)));
  }
  out.make = [flags](const Setting& given, const NamedTensors& parameters, double lr) {
    Options options;
    Metadata values = options.save();
    for (auto& [key, value] : values) {
      if (key == "lr") continue;
      const bool is_flag = std::find(flags.begin(), flags.end(), key) != flags.end();
      value = is_flag ? to_text(int64_t{given.has(key)}) : to_text(given.number(parameter_of(key)));
    }
    values["lr"] = to_text(lr);
    options.load(values);
    return std::make_unique<O>(parameters, options);
  };
  return out;
}

}  // namespace

const std::vector<OptimizerRow>& optimizers() {
  static const std::vector<OptimizerRow> rows{
      row<SGD, SGDOptions>("sgd", "gradient descent, with momentum if given", {"nesterov"}),
      row<Adam, AdamOptions>("adam", "running mean and square of the gradient", {"amsgrad"}),
      row<AdamW, AdamWOptions>("adamw", "adam with weight decay separate from the gradient", {"amsgrad"}),
      row<Adamax, AdamaxOptions>("adamax", "adam with the infinity norm"),
      row<NAdam, NAdamOptions>("nadam", "adam with Nesterov momentum", {"decoupled_weight_decay"}),
      row<RAdam, RAdamOptions>("radam", "adam with a rectified variance", {"decoupled_weight_decay"}),
      row<RMSprop, RMSpropOptions>("rmsprop", "the gradient divided by the root of its running square", {"centered"}),
      row<Adagrad, AdagradOptions>("adagrad", "the gradient divided by the root of the sum of its squares"),
      row<Adadelta, AdadeltaOptions>("adadelta", "steps scaled to the units of the parameter"),
  };
  return rows;
}

}  // namespace command
