// Models of the model language in files: the text travels with the weights.
#pragma once

#include <string>

#include "weft/nn/lang/model.h"
#include "weft/tensor/named_tensors.h"

namespace weft {

/// Builds the model that a file tells of and gives it the file's weights: no program of its own is needed. The file was
/// written by save() or train::Checkpoint of an nn::Model. The model has the file's floating type and is, as a new one,
/// in training mode. Throws IoError where the file cannot be read, StateError for one that holds no model's text, one
/// of another version of the language, or a layer that is not registered here, ShapeError or StateError for weights
/// that do not fit; all name the file.
nn::Model load_model(const std::string& path);
/// The same of what load_safetensors has read; `where` names it in errors.
nn::Model load_model(const StateDict& file, const std::string& where);

}  // namespace weft

namespace weft::train {

/// Metadata keys of a model's text and of the version of its language.
inline constexpr const char *kModelKey = "weft.model", *kLanguageKey = "weft.language";

/// Adds both where `module` is an nn::Model that is as described.
void add_description(Metadata& metadata, const nn::Module& module);
/// Throws StateError where the metadata tell of another model than `module`; modules and files without text pass.
void check_description(const Metadata& metadata, const nn::Module& module);

}  // namespace weft::train
