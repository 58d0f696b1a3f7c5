// What the options of `weft train` may name: optimizers, schedules, losses, augmentations and scales. Each is a table
// of rows: a name, what it is, its parameters, and how it is made. --help and errors come from them.
#pragma once

#include <functional>
#include <memory>

#include "command/setting.h"
#include "weft/data/image_plan.h"
#include "weft/optim/lr_scheduler.h"
#include "weft/train/evaluate.h"
#include "weft/train/notes.h"
#include "weft/train/run.h"

namespace command {

using weft::Tensor;

struct OptimizerRow : SettingRow {
  double usual_lr;
  std::function<std::unique_ptr<weft::optim::Optimizer>(const Setting&, const weft::NamedTensors&, double lr)> make;
};
const std::vector<OptimizerRow>& optimizers();

/// How long a run is, which is what schedules go by.
struct RunLength {
  int64_t steps_per_epoch, steps;
};
/// One of the two, or neither for a rate that stays.
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

/// How the scores of a model become probabilities.
enum class Reading {
  kSoftmax,
  kSigmoid,
  kProbabilities,  ///< they are some already
  kScores          ///< they do not: the largest is the answer, and that is all
};
struct LossRow : SettingRow {
  /// `last_layer` of the model, which may be what makes probabilities.
  std::function<Tensor(const Setting&, const std::string& last_layer, const Tensor& scores, const Tensor& target)> loss;
  std::function<Reading(const std::string& last_layer)> reading;
};
const std::vector<LossRow>& losses();
/// Reads "mse sum" for a model whose last layer is of that kind.
weft::train::Scoring scoring_of(const std::string& text, const std::string& last_layer);
Reading reading_of(const std::string& text, const std::string& last_layer);
/// Probabilities [N, classes], or the scores where they say no more.
Tensor probabilities_of(Reading reading, const Tensor& scores);

struct AugmentRow : SettingRow {
  std::function<std::shared_ptr<const weft::data::ImageStage>(const Setting&, const weft::data::ImageShape&)> make;
};
const std::vector<AugmentRow>& augmentations();

using Scale = weft::train::InputScale;
struct ScaleRow : SettingRow {
  /// `data`: what is trained on, uint8 images or float rows [N, columns].
  std::function<Scale(const Setting&, const Tensor& data)> make;
};
const std::vector<ScaleRow>& scales();

}  // namespace command
