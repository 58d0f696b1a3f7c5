// The bodies of OptionsOf, for the sources of the optimizers.
#pragma once

#include <string_view>

#include "weft/optim/options.h"

namespace weft::optim {
namespace detail {

inline void save_option(Metadata& out, const std::string& name, double v) { out[name] = to_text(v); }
inline void save_option(Metadata& out, const std::string& name, bool v) { out[name] = to_text(int64_t{v}); }
inline void save_option(Metadata& out, const std::string& name, const Betas& v) {
  save_option(out, name + ".0", std::get<0>(v));
  save_option(out, name + ".1", std::get<1>(v));
}
inline void load_option(const Metadata& m, const std::string& name, double& v) { v = double_at(m, name); }
inline void load_option(const Metadata& m, const std::string& name, bool& v) { v = int_at(m, name) != 0; }
inline void load_option(const Metadata& m, const std::string& name, Betas& v) {
  v = {double_at(m, name + ".0"), double_at(m, name + ".1")};
}

}  // namespace detail

template <class Self>
std::unique_ptr<OptimizerOptions> OptionsOf<Self>::clone() const {
  return std::make_unique<Self>(self());
}

template <class Self>
void OptionsOf<Self>::inherit(const OptimizerOptions& defaults) {
  auto* from = dynamic_cast<const Self*>(&defaults);
  check<ValueError>(from, "[optim] the options of a group are not of the optimizer's kind");
  zip(all(self()), all(*from), [](auto& mine, const auto& theirs) {
    if (!mine.is_set()) mine.value = theirs.value;
  });
}

template <class Self>
Metadata OptionsOf<Self>::save() const {
  Metadata out;
  each(all(self()), [&](const auto& option) { detail::save_option(out, option.name, option.value); });
  return out;
}

template <class Self>
void OptionsOf<Self>::load(const Metadata& saved) {
  each(all(self()),
       [&](auto& option) { detail::load_option(saved, option.name, option.value), option.assigned = true; });
}

template <class Self>
double* OptionsOf<Self>::momentum_option() {
  double* found = nullptr;
  each(all(self()), [&](auto& option) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(option.value)>, Betas>)
      found = &std::get<0>(option.value);
    else if constexpr (std::is_same_v<std::remove_reference_t<decltype(option.value)>, double>)
      if (std::string_view(option.name) == "momentum") found = &option.value;
  });
  return found;
}

}  // namespace weft::optim
