// Models of the model language in files: the text is stored with the weights.
#pragma once

#include <string>

#include "weft/nn/lang/model.h"
#include "weft/tensor/named_tensors.h"

namespace weft {

/// Builds the model described in a file and loads the file's weights; no other program is needed. The file was written
/// by save() or train::Checkpoint of an nn::Model. The model has the file's floating type and is in training mode, like
/// a new one. Throws IoError if the file cannot be read, StateError for one without a model's text, with another
/// version of the language, or with a layer that is not registered here, ShapeError or StateError for weights that do
/// not fit; all with the file.
nn::Model load_model(const std::string& path);
/// The same from the result of load_safetensors; `where` names it in errors.
nn::Model load_model(const StateDict& file, const std::string& where);

}  // namespace weft

namespace weft::train {

/// Metadata keys of a model's text and of the version of its language.
inline constexpr const char *kModelKey = "weft.model", *kLanguageKey = "weft.language";

/// Adds both if `module` is an nn::Model whose layers are as described.
void add_description(Metadata& metadata, const nn::Module& module);
/// Throws StateError if the metadata describe another model than `module`; modules and files without text pass.
void check_description(const Metadata& metadata, const nn::Module& module);

}  // namespace weft::train
