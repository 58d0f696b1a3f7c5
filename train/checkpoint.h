// Checkpoint: a training run in one file, so that it goes on as if it had never stopped.
#pragma once

#include <string>
#include <vector>

#include "weft/nn/module.h"
#include "weft/optim/optimizer.h"
#include "weft/optim/scheduler.h"

namespace weft::train {

/// All that a training run needs to go on with the same bits: the module, the optimizer, schedulers, the default
/// generator with its counter of streams, and what the run says of itself.
///
///     train::Checkpoint checkpoint(*net, &optimizer, {&scheduler});
///     checkpoint.epoch = epoch, checkpoint.step = step, checkpoint.position = loader->state();
///     checkpoint.save("run.safetensors");
///
/// and in another process, when all of these are made as they were:
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
  /// Where the sampler or loader stands (its state()); may be undefined.
  Tensor position;
  /// Tensors of yours.
  NamedTensors tensors;
  /// Texts of yours. Keys must not begin with "checkpoint/" (ValueError on save).
  Metadata metadata;

  /// Throws IoError when the file cannot be written; the one that was there before stays.
  void save(const std::string& path) const;
  /// Brings everything to the state of the file. Throws IoError, StateError, ShapeError, DtypeError or ValueError,
  /// naming the file, for one that does not fit; then nothing has changed.
  void load(const std::string& path);

 private:
  void load_parts(const StateDict& file, const std::string& path);
  nn::Module* module_;
  optim::Optimizer* optimizer_;
  std::vector<optim::Scheduler*> schedulers_;
};

}  // namespace weft::train
