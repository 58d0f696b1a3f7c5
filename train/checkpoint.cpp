// The parts of a checkpoint's file.
#include "weft/train/checkpoint.h"

#include <functional>
#include <mutex>

#include "weft/tensor/random.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/model_file.h"
#include "weft/train/serialize.h"

namespace weft::train {
namespace {

const std::string kPrefix = kCheckpointPrefix;
constexpr const char* kOwn = "own";  // tensors added by the user
constexpr int64_t kVersion = 1;

Tensor generator_state() {
  Generator& g = default_generator();
  std::lock_guard lock(g.mutex());
  return g.get_state();
}
void set_generator_state(const Tensor& state) {
  Generator& g = default_generator();
  std::lock_guard lock(g.mutex());
  g.set_state(state);
}

std::string scheduler_key(size_t i) { return fmt::format("scheduler/{}", i); }

/// Undoes completed steps, last first, unless it is committed.
class Rollback {
 public:
  ~Rollback() {
    for (auto undo = undos_.rbegin(); undo != undos_.rend(); ++undo) {
      try {
        (*undo)();
      } catch (const std::exception&) {
        // The original exception tells more than a failure to restore.
      }
    }
  }
  void add(std::function<void()> undo) { undos_.push_back(std::move(undo)); }
  void done() { undos_.clear(); }

 private:
  std::vector<std::function<void()>> undos_;
};

}  // namespace

void Checkpoint::save(const std::string& path) const {
  StateDict part;
  part.metadata = {{"version", to_text(kVersion)}, {"epoch", to_text(epoch)}, {"step", to_text(step)}};
  part.tensors.emplace_back("generator", generator_state());
  if (position.defined()) part.tensors.emplace_back("position", position);
  if (optimizer_) add_subtree(part, "optimizer", optimizer_->state_dict());
  add_subtree(part, kOwn, {tensors, {}});
  part.metadata["schedulers"] = to_text(static_cast<int64_t>(schedulers_.size()));
  for (size_t i = 0; i < schedulers_.size(); ++i)
    add_subtree(part, scheduler_key(i), {{}, schedulers_[i]->state_dict()});

  StateDict file{tensors_of(*module_), metadata};
  for (const auto& entry : metadata)
    check<ValueError>(!entry.first.starts_with(kPrefix + "/"), "[checkpoint] '{}' is not a valid key for a text",
                      entry.first);
  for (const auto& entry : file.tensors)
    check<ValueError>(!entry.first.starts_with(kPrefix + "/"), "[checkpoint] '{}' is not a valid name of a parameter",
                      entry.first);
  file.metadata.emplace("format", "pt");  // Python's loaders of PyTorch weights expect it
  add_description(file.metadata, *module_);
  add_subtree(file, kPrefix, part);
  save_safetensors(path, file.tensors, file.metadata);
}

void Checkpoint::load(const std::string& path) {
  const StateDict file = load_safetensors(path);
  try {
    load_parts(file, path);
  } catch (Error& e) {
    if (std::string_view(e.what()).find(path) == std::string_view::npos) e.add_context("'" + path + "'");
    throw;
  }
}

void Checkpoint::load_parts(const StateDict& file, const std::string& path) {
  const StateDict part = subtree(file, kPrefix);
  check<StateError>(part.metadata.count("version"), "[checkpoint] a file of weights, not a checkpoint");
  const int64_t version = int_at(part.metadata, "version");
  check<StateError>(version == kVersion, "[checkpoint] of version {}, expected {}", version, kVersion);
  const int64_t new_epoch = int_at(part.metadata, "epoch"), new_step = int_at(part.metadata, "step");
  const int64_t schedulers = int_at(part.metadata, "schedulers");
  check<StateError>(schedulers == static_cast<int64_t>(schedulers_.size()),
                    "[checkpoint] has {} schedulers, the run {}", schedulers, schedulers_.size());
  check_description(file.metadata, *module_);
  ModuleUpdate update(*module_, file.tensors, path);

  // Each of the following loads completely or not at all; if one fails, the previous ones are restored.
  Rollback rollback;
  if (optimizer_) {
    const StateDict old = optimizer_->state_dict();
    optimizer_->load_state_dict(subtree(part, "optimizer"));
    rollback.add([this, old] { optimizer_->load_state_dict(old); });
  }
  for (size_t i = 0; i < schedulers_.size(); ++i) {
    const Metadata old = schedulers_[i]->state_dict();
    schedulers_[i]->load_state_dict(subtree(part, scheduler_key(i)).metadata);
    rollback.add([this, i, old] { schedulers_[i]->load_state_dict(old); });
  }
  set_generator_state(part.at("generator"));
  rollback.done();
  update.apply();

  epoch = new_epoch, step = new_step;
  const Tensor* found = part.find("position");
  position = found ? *found : Tensor();
  tensors = subtree(part, kOwn).tensors;
  metadata.clear();
  for (const auto& [key, text] : file.metadata)
    if (!key.starts_with(kPrefix + "/") && key != kModelKey && key != kLanguageKey) metadata[key] = text;
}

}  // namespace weft::train
