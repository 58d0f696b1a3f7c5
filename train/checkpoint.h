// Checkpoint: a training run in one file, from which it resumes with the same bits.
#pragma once

#include <string>
#include <vector>

#include "weft/nn/module.h"
#include "weft/optim/optimizer.h"
#include "weft/optim/scheduler.h"

namespace weft::train {

/// The complete state of a training run: the module, the optimizer, schedulers, the default generator with its counter
/// of streams, and the run's metadata.
///
///     train::Checkpoint checkpoint(*net, &optimizer, {&scheduler});
///     checkpoint.epoch = epoch, checkpoint.step = step, checkpoint.position = loader->state();
///     checkpoint.save("run.safetensors");
///
/// and in another process, after all of these were constructed in the same way:
///
///     checkpoint.load("run.safetensors");
///     loader->load_state(checkpoint.position);
///
/// The file is safetensors: parameters and buffers under their names, so that weft::load and Python read it as a file
/// of weights, and the rest under names that begin with "checkpoint/". With the text of an nn::Model, which must be the
/// same on load, weft::load_model opens it alone.
class Checkpoint {
 public:
  /// Keeps references to all of them; optimizer may be null.
  explicit Checkpoint(nn::Module& module, optim::Optimizer* optimizer = nullptr,
                      std::vector<optim::Scheduler*> schedulers = {})
      : module_(&module), optimizer_(optimizer), schedulers_(std::move(schedulers)) {}

  int64_t epoch = 0, step = 0;
  /// The state() of the sampler or loader; may be undefined.
  Tensor position;
  /// Additional tensors of the user.
  NamedTensors tensors;
  /// Additional texts of the user. Keys must not begin with "checkpoint/" (ValueError on save).
  Metadata metadata;

  /// Throws IoError if the file cannot be written; an existing file is then unchanged.
  void save(const std::string& path) const;
  /// Restores everything from the file. Throws IoError, StateError, ShapeError, DtypeError or ValueError with the file
  /// if it does not fit; then nothing is changed.
  void load(const std::string& path);

 private:
  void load_parts(const StateDict& file, const std::string& path);
  nn::Module* module_;
  optim::Optimizer* optimizer_;
  std::vector<optim::Scheduler*> schedulers_;
};

}  // namespace weft::train
