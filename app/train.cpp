// weft train: trains a model of the language on a data set, with the settings of the tables.
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "weft/app/commands.h"
#include "weft/app/opened.h"
#include "weft/app/train_options.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

constexpr int64_t kTestBatch = 1000;

/// The model's text; prepends the data set's input if it has none.
nn::lang::Chain described(const std::string& net, const DataSet& set) {
  const nn::lang::Chain given(model_text(net));
  if (!given.layers.empty() && given.layers.front().layer == "input") return given;
  std::string input = "input";
  for (int64_t size : set.sizes()) input += fmt::format(" {}", size);
  return nn::lang::Chain(input) | given;
}

void check_outputs(const nn::Model& model, const DataSet& set) {
  check_reads_floats(model);
  const Dims& out = model->output_sizes();
  const auto classes = static_cast<int64_t>(set.class_names.size());
  check<ShapeError>(out.size() == 1 && out[0] == classes,
                    "[net] the model gives {}, but {} has {} classes: it must give [{}]", out, set.name, classes,
                    classes);
}

Inputs training_inputs(const TrainOptions& o, const DataSet& set, const Dims& wanted) {
  Inputs inputs = inputs_for(wanted, set.sizes(), set.name);
  const auto scale = read_setting("scale", o.scale.value_or(set.images() ? "unit" : "raw"), scales());
  inputs.scale = scale.row->make(scale.setting, set.train.data);
  const auto augment = read_settings("augment", o.augment, augmentations());
  check<ValueError>(augment.empty() || set.images(), "[augment] is for images, {} has none", set.name);
  const Dims sizes = set.sizes();
  for (const auto& chosen : augment)
    inputs.augment.push_back(chosen.row->make(chosen.setting, {sizes[0], sizes[1], sizes[2]}));
  return inputs;
}

/// "mnist", "digits", or a CSV file's name without folder and extension.
std::string short_name(const DataSet& set) {
  const std::string prefix = "csv:";
  return set.name.starts_with(prefix) ? std::filesystem::path(set.name.substr(prefix.size())).stem().string()
                                      : set.name.substr(0, set.name.find(' '));
}

std::string counts_of(const DataSet& set) {
  auto count = [](const Samples& s) { return train::format_count(static_cast<double>(s.size())); };
  return fmt::format("{} samples to train on{}, {} to test", count(set.train),
                     set.validation.size() ? fmt::format(", {} to validate", count(set.validation)) : "",
                     count(set.test));
}

/// Copies the facts for the report and the checkpoints into the run's options.
void describe(TrainOptions& o, const DataSet& set, const Inputs& inputs, const nn::lang::Chain& chain, double lr) {
  if (!o.out) o.out = o.resume && !o.resume->empty() ? *o.resume : train::unused_folder("runs/" + short_name(set));
  o.about.title = "weft train: " + *o.out;
  o.about.data = fmt::format("{}; {}", set.description, counts_of(set));
  o.about.class_names = set.class_names;
  train::Notes notes{.program = kProgram,
                     .data_set = set.name,
                     .loss = o.loss,
                     .class_names = set.class_names,
                     .feature_names = set.feature_names,
                     .scale = inputs.scale,
                     .sizes = set.sizes(),
                     .images = set.images(),
                     .options = o.kept()};
  for (auto& [name, value] : notes.options) {
    if (name == "--net") value = chain.text();
    if (name == "--data-set") value = set.name;
  }
  if (!o.batch) notes.options.emplace_back("--batch", fmt::format("{}", o.batch_of(set.train.size())));
  o.about.metadata = metadata_of(notes);
  o.about.options = notes.options;
  if (!o.lr) o.about.options.emplace_back("--lr", fmt::format("{} (default)", lr));
  o.about.options.emplace_back("threads", fmt::format("{}", get_num_threads()));
}

}  // namespace

int train(int argc, char** argv) {
  const std::unique_ptr<TrainOptions> read = TrainOptions::read(argc, argv);
  TrainOptions& o = *read;
  const DataSet set = load_data_set(o.data_set);
  const nn::lang::Chain chain = described(o.net, set);
  const nn::Summary summary = nn::summary(chain);
  const std::string last_layer = chain.layers.back().layer;
  const train::Scoring scoring = scoring_of(o.loss, last_layer);
  const auto optimizer_row = read_setting("optimizer", o.optimizer, optimizers());
  const auto schedule_row = read_setting("schedule", o.schedule, schedules());

  // As in handwritten programs, the order of the first epoch is drawn before the weights.
  const Inputs inputs = training_inputs(o, set, summary.input);
  const auto batches = make_batches(set.train, inputs, o.replacement ? Order::kWithReplacement : Order::kShuffled,
                                    o.batch_of(set.train.size()));
  auto tests_on = [&](const Samples& samples) {
    return make_batches(samples, {inputs.scale, {}, inputs.sizes}, Order::kAsTheyAre,
                        std::min(kTestBatch, samples.size()));
  };
  const auto test_batches = tests_on(set.test);
  nn::Model model(chain);
  check_outputs(model, set);
  const double lr = o.lr.value_or(optimizer_row.row->default_lr);
  const auto optimizer =
      optimizer_row.row->make(optimizer_row.setting, optim::to_named_tensors(model->named_parameters()), lr);
  const train::Position position = batches->position();
  const MadeSchedule schedule = schedule_row.row->make(
      schedule_row.setting, *optimizer, {position.batches, o.steps.value_or(o.epochs * position.batches)});

  describe(o, set, inputs, chain, lr);
  std::ostringstream table;
  table << summary;
  fmt::print("{}\n{}\n{}\n{} threads; run folder {}\n", set.description, counts_of(set), table.str(), get_num_threads(),
             *o.out);
  auto test = [&](Batches& b) { return evaluate(model, b, scoring, set.sizes()); };
  train::Run run(
      o, *model, *optimizer, position, [&] { return test(*test_batches); }, schedule.get());
  std::unique_ptr<Batches> validation;
  if (set.validation.size() > 0) {
    validation = tests_on(set.validation);
    run.validate_by([&] { return test(*validation); });
  }
  while (run.next_epoch())
    batches->each([&](data::Example<>& batch) {
      const Tensor scores = model->forward(batch.data), loss = scoring.loss(scores, batch.target);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      return run.step(loss, scores, batch.target);
    });
  run.finish();
  return 0;
}

}  // namespace command
