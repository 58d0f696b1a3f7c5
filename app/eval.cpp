// weft eval: evaluates the model of a checkpoint.
#include <fmt/format.h>

#include <cstdlib>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/app/opened.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace command {
using namespace weft;

namespace {

/// The data set of the run, split in the same way.
DataRequest request_of(const train::Notes& notes) {
  auto number = [&](const char* option, double default_value) {
    const auto text = notes.option(option);
    return text ? std::strtod(text->c_str(), nullptr) : default_value;
  };
  DataRequest r;
  r.name = notes.data_set;
  r.target = notes.option("--target");
  r.header = notes.option("--header").value_or(r.header);
  r.test = number("--test", r.test);
  r.validation = number("--validation", 0), r.needs_validation = false;
  if (notes.option("--samples")) r.samples = static_cast<int64_t>(number("--samples", 0));
  r.class_names = notes.class_names;
  const auto seed = notes.option("--seed");
  manual_seed(seed ? std::strtoull(seed->c_str(), nullptr, 10) : 1);
  return r;
}

/// Reorders the columns of a table to match the model's.
void match_columns(DataSet& set, const std::vector<std::string>& known) {
  if (set.images() || known.empty() || set.feature_names == known) return;
  const Tensor which = tensor(columns_named(known, set.feature_names, set.name));
  for (Samples* part : {&set.train, &set.validation, &set.test})
    if (part->size() > 0) part->data = part->data.index_select(1, which);
  set.feature_names = known;
}

const Samples& part_of(const DataSet& set, const std::string& part) {
  const Samples& out = part == "train" ? set.train : part == "validation" ? set.validation : set.test;
  check<ValueError>(out.size() > 0, "[eval] the run has no {} part", part);
  return out;
}

}  // namespace

int eval(int argc, char** argv) {
  models::BaseOptions options("Evaluates the model of a checkpoint on its own data set or on another one.",
                              {.seed = false, .threads = true, .data = true});
  std::string file, part = "test", given, header;
  std::optional<std::string> target;
  options.app.name("weft eval");
  options.app.add_option("CHECKPOINT", file, "a checkpoint, or the folder of a run (its best)")->required();
  options.app.add_option("--data-set", given, "another data set, named as in weft train; all rows of a table");
  options.app.add_option("--target", target, "the class column of a CSV file");
  add_header_option(options.app, header);
  options.app.add_option("--part", part, "test, validation or train")
      ->check(options.one_of({"test", "validation", "train"}))
      ->capture_default_str();
  options.app.footer("\nData sets:\n" + data_set_reference());
  options.parse(argc, argv);

  Opened opened = open_checkpoint(file);
  check_reads_floats(opened.model);
  check<StateError>(opened.notes || !given.empty(), "[eval] '{}' does not record its data set: give it with --data-set",
                    opened.file);
  const train::Notes notes = opened.notes.value_or(train::Notes());
  DataRequest request = given.empty() ? request_of(notes) : DataRequest();
  if (!given.empty()) {
    request.name = given, request.test = 1;
    if (notes.data_set.starts_with("csv:") && given.starts_with("csv:")) request.class_names = notes.class_names;
  }
  if (target)
    request.target = target;
  else if (!given.empty() && given.starts_with("csv:"))
    request.target = notes.option("--target");
  if (!header.empty()) request.header = header;
  request.folder = options.data;
  DataSet set = load_data_set(request);
  if (!given.empty()) match_columns(set, notes.feature_names);
  check<ShapeError>(notes.class_names.empty() || notes.class_names.size() == set.class_names.size(),
                    "[eval] {} has {} classes, the model was trained for {}", set.name, set.class_names.size(),
                    notes.class_names.size());
  Inputs inputs = inputs_for(opened.model->input_sizes(), set.sizes(), set.name);
  inputs.scale = notes.scale;
  const Samples& samples = part_of(set, part);
  constexpr int64_t kBatch = 1000;
  const auto batches = make_batches(samples, inputs, Order::kAsTheyAre, std::min(kBatch, samples.size()));
  const train::Evaluation seen =
      evaluate(opened.model, *batches, scoring_of(notes.loss, opened.last_layer()), set.sizes());
  fmt::print("{}: {}\n{}, {} samples of the {} part\n\n{}\n{}", opened.file, opened.model->text(), set.description,
             samples.size(), part, seen.metrics->confusion().counts_table(set.class_names),
             seen.metrics->table(set.class_names));
  return 0;
}

}  // namespace command
