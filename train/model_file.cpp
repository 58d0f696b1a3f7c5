#include "weft/train/model_file.h"

#include "weft/nn/lang/summary.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/serialize.h"

namespace weft {
namespace {

constexpr int64_t kLanguageVersion = 1;

/// The text stored in the file.
const std::string& text_in(const StateDict& file, const std::string& where) {
  const auto text = file.metadata.find(train::kModelKey);
  check<StateError>(text != file.metadata.end(),
                    "[load_model] '{}' contains no model's text: it was saved from another kind of module, which "
                    "weft::load fills",
                    where);
  const auto version = file.metadata.find(train::kLanguageKey);
  const std::string found = version == file.metadata.end() ? "none" : version->second;
  check<StateError>(found == to_text(kLanguageVersion),
                    "[load_model] '{}' is of version {} of the model language, this weft reads version {}", where,
                    found, kLanguageVersion);
  return text->second;
}

/// Number of elements of the file's module tensors.
int64_t numbers_in(const StateDict& file) {
  int64_t sum = 0;
  for (const auto& [name, tensor] : file.tensors)
    if (!name.starts_with(std::string(train::kCheckpointPrefix) + "/")) sum += tensor.numel();
  return sum;
}

/// The size of the model is compared with the file's before anything of it is allocated.
nn::Model built_from(const std::string& text, int64_t numbers, const std::string& where) {
  try {
    const nn::lang::Chain description(text);
    const int64_t described = nn::summary(description).parameters;
    check<StateError>(described <= numbers,
                      "the text describes {} parameters, the tensors of the file hold {} elements", described, numbers);
    return nn::Model(description);
  } catch (const Error& e) {
    fail<StateError>("[load_model] the model of '{}' cannot be built: {}", where, e.what());
  }
}

}  // namespace

nn::Model load_model(const StateDict& file, const std::string& where) {
  nn::Model model = built_from(text_in(file, where), numbers_in(file), where);
  for (const auto& [name, parameter] : model->named_parameters())
    if (const Tensor* saved = file.find(name); saved && is_floating_point(saved->dtype())) {
      model->to(saved->dtype());
      break;
    }
  train::ModuleUpdate(*model, file.tensors, where).apply();
  return model;
}

nn::Model load_model(const std::string& path) { return load_model(load_safetensors(path), path); }

}  // namespace weft

namespace weft::train {
namespace {

const nn::ModelImpl* described(const nn::Module& module) {
  const auto* model = module.as<nn::ModelImpl>();
  return model && model->is_as_described() ? model : nullptr;
}

}  // namespace

void add_description(Metadata& metadata, const nn::Module& module) {
  const nn::ModelImpl* model = described(module);
  if (!model) return;
  metadata[kModelKey] = model->text();
  metadata[kLanguageKey] = to_text(kLanguageVersion);
}

void check_description(const Metadata& metadata, const nn::Module& module) {
  const nn::ModelImpl* model = described(module);
  const auto text = metadata.find(kModelKey);
  if (!model || text == metadata.end()) return;
  check<StateError>(text->second == model->text(), "[load] of another model: {}; expected {}", text->second,
                    model->text());
}

}  // namespace weft::train
