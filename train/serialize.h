// save and load: tensors, modules and optimizers as safetensors files.
#pragma once

#include <concepts>
#include <memory>

#include "weft/nn/module_holder.h"
#include "weft/optim/optimizer.h"
#include "weft/tensor/safetensors.h"

namespace weft {

// All functions write through a temporary file that replaces `path` when it is complete, and throw IoError with the
// file if it cannot be written or read, or is not a safetensors file. A load that throws changes nothing.

/// One tensor, under the name "tensor", or several, under their names or "0", "1" ...
void save(const Tensor& tensor, const std::string& path);
void save(const TensorList& tensors, const std::string& path);
void save(const NamedTensors& tensors, const std::string& path, const Metadata& metadata = {});
/// Loads the only tensor of a file. Throws StateError if there are several, or none.
void load(Tensor& tensor, const std::string& path);
/// All tensors of a file, in the order of its header.
void load(TensorList& tensors, const std::string& path);
void load(NamedTensors& tensors, const std::string& path);

/// Parameters and buffers under their names, as Python's safetensors.torch.load_file returns them. The text of an
/// nn::Model is stored in the metadata, so that weft::load_model opens the file alone.
void save(const nn::Module& module, const std::string& path, const Metadata& metadata = {});
/// Copies a file's tensors into the module's parameters and buffers, which keep their memory: an optimizer of the
/// module remains valid. Names, shapes and dtypes must agree: StateError for missing or unexpected names, ShapeError
/// and DtypeError with file and tensor. A file of train::Checkpoint is accepted too.
void load(nn::Module& module, const std::string& path);

/// State and options; see Optimizer::state_dict.
void save(const optim::Optimizer& optimizer, const std::string& path);
void load(optim::Optimizer& optimizer, const std::string& path);

// The same for modules in a holder (`Net net;`) or a shared_ptr.
template <std::derived_from<nn::Module> M>
void save(const std::shared_ptr<M>& module, const std::string& path, const Metadata& metadata = {}) {
  check<StateError>(module != nullptr, "[save] '{}': the module is empty", path);
  save(static_cast<const nn::Module&>(*module), path, metadata);
}
template <std::derived_from<nn::Module> M>
void load(const std::shared_ptr<M>& module, const std::string& path) {
  check<StateError>(module != nullptr, "[load] '{}': the module is empty", path);
  load(static_cast<nn::Module&>(*module), path);
}
template <class M>
void save(const nn::ModuleHolder<M>& module, const std::string& path, const Metadata& metadata = {}) {
  save(static_cast<const nn::Module&>(*module), path, metadata);
}
template <class M>
void load(const nn::ModuleHolder<M>& module, const std::string& path) {
  load(static_cast<nn::Module&>(*module), path);
}

namespace train {

/// The parameters, then the buffers, of a module with their names: handles, not copies.
NamedTensors tensors_of(const nn::Module& module);
/// Copies of them.
NamedTensors copies_of(const nn::Module& module);

/// Tensors of a state, checked against a module and ready to be copied.
class ModuleUpdate {
 public:
  /// Throws the errors of load(module); `where` names the file.
  ModuleUpdate(const nn::Module& module, const NamedTensors& saved, const std::string& where);
  void apply();

 private:
  std::vector<std::pair<Tensor, Tensor>> copies_;  // to, from
};

/// Prefix in a checkpoint of all names that are not the module's.
inline constexpr const char* kCheckpointPrefix = "checkpoint";

}  // namespace train
}  // namespace weft
