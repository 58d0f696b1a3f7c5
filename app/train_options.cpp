#include "weft/app/train_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/app/opened.h"
#include "weft/data/csv_text.h"
#include "weft/train/output_folder.h"

namespace command {
using namespace weft;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kDefaultBatch = 64;
constexpr double kDefaultValidation = 0.1;

/// Normalises texts with the same meaning.
std::string plain(const std::string& option, const std::string& value) {
  if (option == "--net") return nn::lang::Chain(model_text(value)).text();
  if (option == "--data-set" && value.starts_with("csv:") && value.size() > 4)
    return "csv:" + fs::absolute(value.substr(4)).string();
  return value;
}

/// True if a repeated option has the value that the run was started with.
bool same(const std::string& option, const std::string& now, const std::string& then) {
  if (option == "--net") {
    nn::lang::Chain a(model_text(now)), b(then);
    // A run stores its model with the input of its data set in front.
    if (!a.layers.empty() && !b.layers.empty() && a.layers.front().layer != "input") b.layers.erase(b.layers.begin());
    return a.text() == b.text();
  }
  if (option == "--data-set") return plain(option, now) == plain(option, then);
  return option == "--target" ? now == then
                              : models::KeepingRules::same_value(option, plain(option, now), plain(option, then));
}

models::KeepingRules rules() {
  models::KeepingRules out;
  out.same = same;
  return out;
}

std::string footer() {
  return fmt::format(
      "\nData sets:\n{}\nOptimizers:\n{}\nSchedules:\n{}\nLosses:\n{}\nAugmentations (several with commas between "
      "them):\n{}\nScales:\n{}\nExample: weft train --net \"flatten | linear 128 | relu | linear 10\" --epochs 3 --out "
      "runs/first\n",
      data_set_reference(), reference(optimizers()), reference(schedules()), reference(losses()),
      reference(augmentations()), reference(scales()));
}

}  // namespace

TrainOptions::TrainOptions() : BaseOptions("Trains a model of the model language.") { add_options(); }

void TrainOptions::add_options() {
  app.name("weft train");
  write_report = weft::train::write_report;
  epochs = 5;
  data_set.validation = kDefaultValidation;
  const auto share = number("at least 0 and below 1", [](double v) { return v >= 0 && v < 1; });
  app.add_option("--net,net", net,
                 "the model, as text or the name of a text file; without `input` at its beginning, that of the data "
                 "set is prepended");
  app.add_option("--data-set", data_set.name, "the data set, one of those below")->capture_default_str();
  app.add_option("--target", data_set.target, "the class column of a CSV file [class, label ..., or the last]");
  add_header_option(app, data_set.header);
  app.add_option("--samples", data_set.samples, "train on this many samples, drawn with the seed")->check(count());
  app.add_option(
         "--validation", data_set.validation,
         "fraction of the training part, its last samples, that selects the best weights and --early-stop; with 0 "
         "the test set does")
      ->check(share)
      ->capture_default_str();
  app.add_option("--test", data_set.test, "fraction of each class of a table that is kept for the test")
      ->check(share)
      ->capture_default_str();
  app.add_option("--scale", scale, "scale of the inputs [unit for images, raw for tables]");
  app.add_option("--augment", augment, "random changes of the training images");
  app.add_option("--optimizer", optimizer, "with its parameters: \"sgd momentum 0.9 nesterov\"")->capture_default_str();
  app.add_option("--lr", lr, "learning rate [the optimizer's default]")->check(number("at least 0", [](double v) {
    return v >= 0;
  }));
  app.add_option("--schedule", schedule, "of the learning rate: \"cosine warmup 500\"")->capture_default_str();
  app.add_option("--loss", loss, "the loss to minimise")->capture_default_str();
  app.add_option("--batch", batch, "samples per step, or `all` of the training part [64, or all of a smaller one]");
  app.add_flag("--replacement", replacement, "draw each batch from all samples, not each sample once per epoch");
  app.add_option("--epochs", epochs, "passes over the training part")->check(count())->capture_default_str();
  models::Options::add_run_options(app, *this, stop_);
  app.get_option("--out")->description(
      "folder for report.html, metrics.jsonl, last and best.safetensors [runs/NAME-1, -2 ...]");
  app.get_option("--resume")->description("resume the run in this folder (default: that of --out)");
  app.footer(footer());
}

std::unique_ptr<TrainOptions> TrainOptions::read(int argc, char** argv) {
  auto options = std::make_unique<TrainOptions>();
  options->parse(argc, argv);
  const bool tests_steps = options->app.count("--test-every") > 0;
  if (options->resume) options->go_on(argc, argv);
  models::Options::check_test_every(tests_steps, *options);
  options->finish();
  return options;
}

void TrainOptions::go_on(int argc, char** argv) {
  const std::string folder = models::resumed_path(*resume, out);
  train::check_run_folder(folder);
  const auto notes = models::notes_of_run(folder, kProgram);
  if (!notes && !fs::exists(folder + "/" + weft::train::RunFolder::kLast)) return;  // nothing was saved: it starts anew
  check<StateError>(notes.has_value(), "[resume] {} is not a run of {}", folder, kProgram);
  read_resumed(argc, argv, folder, notes->options, rules());
  data_set.class_names = notes->class_names;
}

void TrainOptions::finish() {
  check<ValueError>(!net.empty(), "[train] --net is missing: the model, or a file of its text");
  data_set.needs_validation = app.count("--validation") > 0;
  data_set.folder = data;
  data_set.generate = app.get_option("--data-set")->count() == 0;
  data_set.name = plain("--data-set", data_set.name);
  if (!stop_.empty()) early_stop = models::Options::early_stop_of(stop_);
}

int64_t TrainOptions::batch_of(int64_t samples) const {
  if (!batch) return std::min(kDefaultBatch, samples);
  if (*batch == "all") return samples;
  const auto given = data::number_in(*batch);
  check<ValueError>(given && *given >= 1 && *given == std::floor(*given) && *given < 1e15,
                    "[train] --batch: must be an integer of at least 1, or all, got \"{}\"", *batch);
  return static_cast<int64_t>(*given);
}

models::GivenOptions TrainOptions::kept() const {
  models::GivenOptions out = models::kept(app, rules());
  for (auto& [name, value] : out) value = plain(name, value);
  return out;
}

}  // namespace command
