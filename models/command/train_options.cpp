#include "command/train_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "command/opened.h"
#include "weft/data/csv_text.h"
#include "weft/tensor/safetensors.h"

namespace command {
using namespace weft;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kUsualBatch = 64;

// What may be told anew when a run goes on: how long it is, and what does not change what it computes.
constexpr const char* kFree[] = {"--epochs", "--steps", "--test-every", "--threads", "--data"};
// What has no meaning for another command that goes on with the run.
constexpr const char* kNotKept[] = {"--out", "--resume", "--threads", "--data"};

template <size_t N>
bool among(const char* const (&names)[N], const std::string& name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// Texts that mean the same made the same.
std::string plain(const std::string& option, const std::string& value) {
  if (option == "--net") return nn::lang::Chain(model_text(value)).text();
  if (option == "--data-set" && value.starts_with("csv:")) return "csv:" + fs::absolute(value.substr(4)).string();
  return value;
}

/// Whether an option that is told again says what the run was told.
bool same(const std::string& option, const std::string& now, const std::string& then) {
  if (option == "--net") {
    nn::lang::Chain a(model_text(now)), b(then);
    // A run keeps its model with the input of its data set in front.
    if (!a.layers.empty() && !b.layers.empty() && a.layers.front().layer != "input") b.layers.erase(b.layers.begin());
    return a.text() == b.text();
  }
  const auto x = data::number_in(now), y = data::number_in(then);
  if (x && y && option != "--seed" && option != "--target") return *x == *y;
  return plain(option, now) == plain(option, then);
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
  epochs = 5;
  const auto share = number("at least 0 and below 1", [](double v) { return v >= 0 && v < 1; });
  app.add_option(
      "--net,net", net,
      "the model, as text or the name of a file of text; where it does not begin with `input`, that of the data "
      "set is put in front");
  app.add_option("--data-set", data_set.name, "what to train on, of those below")->capture_default_str();
  app.add_option("--target", data_set.target,
                 "the column of a CSV file that holds the class [class, label ..., or the last]");
  app.add_option("--samples", data_set.samples, "train on so many, drawn with the seed")->check(count());
  app.add_option("--validation", data_set.validation,
                 "share of the training part that is tested on instead, its last samples; the test set only at the end")
      ->check(share)
      ->capture_default_str();
  app.add_option("--test", data_set.test, "share of each class of a table that is kept for the test")
      ->check(share)
      ->capture_default_str();
  app.add_option("--scale", scale, "what inputs become [unit for images, raw for tables]");
  app.add_option("--augment", augment, "random changes of the images that are trained on");
  app.add_option("--optimizer", optimizer, "with its parameters: \"sgd momentum 0.9 nesterov\"")->capture_default_str();
  app.add_option("--lr", lr, "learning rate [the optimizer's usual one]")->check(number("at least 0", [](double v) {
    return v >= 0;
  }));
  app.add_option("--schedule", schedule, "of the learning rate: \"cosine warmup 500\"")->capture_default_str();
  app.add_option("--loss", loss, "what is made small")->capture_default_str();
  app.add_option("--batch", batch, "samples per step, or `all` of the training part [64, or all of a smaller one]");
  app.add_flag("--replacement", replacement, "draw each batch from all samples, not each sample once per epoch");
  app.add_option("--epochs", epochs, "passes over the training part")->check(count())->capture_default_str();
  models::Options::add_run_options(app, *this, stop_);
  app.get_option("--out")->description(
      "folder for report.html, metrics.jsonl, last and best.safetensors [runs/NAME-1, -2 ...]");
  app.get_option("--resume")->description("go on with the run in this folder (that of --out where none is named)");
  app.footer(footer());
}

std::unique_ptr<TrainOptions> TrainOptions::read(int argc, char** argv) {
  auto options = std::make_unique<TrainOptions>();
  options->parse(argc, argv);
  const auto folder = options->resumed_folder();
  if (!folder) {
    options->finish();
    return options;
  }
  const std::string file = *folder + "/last.safetensors";
  check<IoError>(fs::exists(file), "[resume] {} holds no last.safetensors: nothing was saved into it", *folder);
  const auto notes = notes_in(load_safetensors(file).metadata, file);
  check<StateError>(notes.has_value(), "[resume] {} is no run of weft train", *folder);
  std::vector<std::string> arguments(argv, argv + argc);
  for (const auto& [name, value] : notes->options) {
    const CLI::Option* given = options->app.get_option_no_throw(name);
    if (!given) continue;
    if (given->count() == 0) {
      // A run of steps that is told its epochs becomes one of epochs.
      if (name == "--steps" && options->app.count("--epochs") > 0) continue;
      arguments.push_back(name + (given->get_expected_max() == 1 ? "=" + value : ""));
      if (given->get_expected_max() > 1)
        for (const std::string& part : CLI::detail::split(value, ' ')) arguments.push_back(part);
      continue;
    }
    const std::string now = given->get_expected_max() == 0 ? "yes" : CLI::detail::join(given->results(), " ");
    check<ValueError>(among(kFree, name) || same(name, now, value),
                      "[resume] {} {}: the run in {} has {} {}; leave it out, or start another run", name, now, *folder,
                      name, value);
  }
  for (const CLI::Option* given : options->app.get_options())
    check<ValueError>(given->count() == 0 || among(kFree, given->get_name()) || among(kNotKept, given->get_name()) ||
                          notes->option(given->get_name()),
                      "[resume] the run in {} has no {}; leave it out, or start another run", *folder,
                      given->get_name());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  options = std::make_unique<TrainOptions>();
  options->parse(static_cast<int>(pointers.size()), pointers.data());
  options->data_set.class_names = notes->class_names;
  options->finish();
  return options;
}

void TrainOptions::finish() {
  check<ValueError>(!net.empty(), "[train] --net is missing: the model, or a file of its text");
  data_set.folder = data;
  data_set.generate = app.get_option("--data-set")->count() == 0;
  data_set.name = plain("--data-set", data_set.name);
  if (!stop_.empty()) early_stop = models::Options::early_stop_of(stop_);
}

std::optional<std::string> TrainOptions::resumed_folder() const {
  if (!resume) return std::nullopt;
  const auto folder = resume->empty() ? out : resume;
  check<ValueError>(folder.has_value(), "[resume] --resume without a folder needs --out");
  check<IoError>(fs::is_directory(*folder), "[resume] {}: there is no such folder", *folder);
  return folder;
}

int64_t TrainOptions::batch_of(int64_t samples) const {
  if (!batch) return std::min(kUsualBatch, samples);
  if (*batch == "all") return samples;
  const auto given = data::number_in(*batch);
  check<ValueError>(given && *given >= 1 && *given == std::floor(*given) && *given < 1e15,
                    "[train] --batch: must be a whole number of at least 1, or all, got \"{}\"", *batch);
  return static_cast<int64_t>(*given);
}

std::vector<std::pair<std::string, std::string>> TrainOptions::kept() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto& [name, value] : models::Options::told(app))
    if (!among(kNotKept, name)) out.emplace_back(name, plain(name, value));
  return out;
}

}  // namespace command
