// Files of tensors, modules and optimizers.
#include "weft/train/serialize.h"

#include <fmt/format.h>

#include <set>

#include "weft/autograd/grad_mode.h"
#include "weft/train/model_file.h"

namespace weft {

// Tensors -------------------------------------------------------------------------------------------------------------

void save(const Tensor& tensor, const std::string& path) { save(NamedTensors{{"tensor", tensor}}, path); }

void save(const TensorList& tensors, const std::string& path) {
  NamedTensors named;
  for (size_t i = 0; i < tensors.size(); ++i) named.emplace_back(fmt::format("{}", i), tensors[i]);
  save(named, path);
}

void save(const NamedTensors& tensors, const std::string& path, const Metadata& metadata) {
  save_safetensors(path, tensors, metadata);
}

void load(Tensor& tensor, const std::string& path) {
  NamedTensors loaded;
  load(loaded, path);
  check<StateError>(loaded.size() == 1, "[load] '{}' contains {} tensors, expected one", path, loaded.size());
  tensor = loaded.front().second;
}

void load(TensorList& tensors, const std::string& path) {
  TensorList loaded;
  for (auto& entry : load_safetensors(path).tensors) loaded.push_back(entry.second);
  tensors = std::move(loaded);
}

void load(NamedTensors& tensors, const std::string& path) { tensors = load_safetensors(path).tensors; }

// Modules -------------------------------------------------------------------------------------------------------------

namespace train {

NamedTensors tensors_of(const nn::Module& module) {
  NamedTensors out;
  for (const auto& [name, tensor] : module.named_parameters()) out.emplace_back(name, tensor);
  for (const auto& [name, tensor] : module.named_buffers()) out.emplace_back(name, tensor);
  return out;
}

NamedTensors copies_of(const nn::Module& module) {
  NamedTensors out = tensors_of(module);
  for (auto& entry : out) entry.second = entry.second.detach().clone();
  return out;
}

namespace {

/// "'a', 'b' and 3 more"
std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t kShown = 5;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size()));
  std::string text = fmt::format("'{}'", fmt::join(names.begin(), end, "', '"));
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

}  // namespace

ModuleUpdate::ModuleUpdate(const nn::Module& module, const NamedTensors& saved, const std::string& where) {
  std::map<std::string_view, const Tensor*> by_name;
  for (const auto& entry : saved)
    if (!entry.first.starts_with(std::string(kCheckpointPrefix) + "/")) by_name[entry.first] = &entry.second;
  const NamedTensors own = tensors_of(module);
  std::vector<std::string> missing, unexpected;
  std::set<std::string_view> known;
  for (const auto& entry : own) {
    known.insert(entry.first);
    if (!by_name.count(entry.first)) missing.push_back(entry.first);
  }
  for (const auto& entry : by_name)
    if (!known.count(entry.first)) unexpected.emplace_back(entry.first);
  check<StateError>(missing.empty(), "[load] '{}' has no {}, which {} has{}", where, list_of(missing), module.name(),
                    unexpected.empty() ? "" : "; it has " + list_of(unexpected) + " instead");
  check<StateError>(unexpected.empty(), "[load] '{}' has {}, which {} does not have", where, list_of(unexpected),
                    module.name());
  for (const auto& [name, to] : own) {
    const Tensor& from = *by_name.at(name);
    check<ShapeError>(from.sizes() == to.sizes(), "[load] '{}': '{}' is {}, expected {}", where, name, from.sizes(),
                      to.sizes());
    check<DtypeError>(from.dtype() == to.dtype(), "[load] '{}': '{}' is {}, expected {}", where, name, from.dtype(),
                      to.dtype());
    copies_.emplace_back(to, from);
  }
}

void ModuleUpdate::apply() {
  NoGradGuard no_grad;
  for (auto& [to, from] : copies_) to.copy_(from);
}

}  // namespace train

void save(const nn::Module& module, const std::string& path, const Metadata& metadata) {
  Metadata all = metadata;
  all.emplace("format", "pt");  // Python's loaders of PyTorch weights expect it
  train::add_description(all, module);
  save_safetensors(path, train::tensors_of(module), all);
}

void load(nn::Module& module, const std::string& path) {
  train::ModuleUpdate(module, load_safetensors(path).tensors, path).apply();
}

// Optimizers ----------------------------------------------------------------------------------------------------------

void save(const optim::Optimizer& optimizer, const std::string& path) {
  const StateDict state = optimizer.state_dict();
  save_safetensors(path, state.tensors, state.metadata);
}

void load(optim::Optimizer& optimizer, const std::string& path) {
  const StateDict state = load_safetensors(path);
  try {
    optimizer.load_state_dict(state);
  } catch (Error& e) {
    e.add_context("'" + path + "'");
    throw;
  }
}

}  // namespace weft
