// The tables behind the options of `weft train`: optimizers, schedules, losses, augmentations and scales. A row has a
// name, a description, parameters, and a factory. --help and errors are generated from them.
#pragma once

#include <functional>
#include <memory>

#include "weft/app/setting.h"
#include "weft/data/image_plan.h"
#include "weft/optim/lr_scheduler.h"
#include "weft/train/evaluate.h"
#include "weft/train/notes.h"
#include "weft/train/run.h"

namespace command {

using weft::Tensor;

struct OptimizerRow : SettingRow {
  double default_lr;
  std::function<std::unique_ptr<weft::optim::Optimizer>(const Setting&, const weft::NamedTensors&, double lr)> make;
};
const std::vector<OptimizerRow>& optimizers();

/// The length of a run, as schedules need it.
struct RunLength {
  int64_t steps_per_epoch, steps;
};
/// One of the two, or neither for a constant rate.
struct MadeSchedule {
  std::unique_ptr<weft::optim::LRScheduler> by_step = {};
  std::unique_ptr<weft::optim::ReduceLROnPlateau> by_loss = {};
  weft::train::RunSchedule get() const {
    return by_step ? weft::train::RunSchedule(by_step.get()) : weft::train::RunSchedule(by_loss.get());
  }
};
struct ScheduleRow : SettingRow {
  std::function<MadeSchedule(const Setting&, weft::optim::Optimizer&, const RunLength&)> make;
};
const std::vector<ScheduleRow>& schedules();

/// The conversion of a model's scores to probabilities.
enum class Reading {
  kSoftmax,
  kSigmoid,
  kProbabilities,  ///< they are probabilities already
  kScores          ///< none: only the largest score is meaningful
};
struct LossRow : SettingRow {
  /// `last_layer`: the model's last layer, which may itself compute probabilities.
  std::function<Tensor(const Setting&, const std::string& last_layer, const Tensor& scores, const Tensor& target)> loss;
  std::function<Reading(const std::string& last_layer)> reading;
};
const std::vector<LossRow>& losses();
/// Parses "mse sum" for a model with this last layer.
weft::train::Scoring scoring_of(const std::string& text, const std::string& last_layer);
Reading reading_of(const std::string& text, const std::string& last_layer);
/// Probabilities [N, classes], or the scores if they have no interpretation.
Tensor probabilities_of(Reading reading, const Tensor& scores);

struct AugmentRow : SettingRow {
  std::function<std::shared_ptr<const weft::data::ImageStage>(const Setting&, const weft::data::ImageShape&)> make;
};
const std::vector<AugmentRow>& augmentations();

using Scale = weft::train::InputScale;
struct ScaleRow : SettingRow {
  /// `data`: the training data, uint8 images or float rows [N, columns].
  std::function<Scale(const Setting&, const Tensor& data)> make;
};
const std::vector<ScaleRow>& scales();

}  // namespace command
