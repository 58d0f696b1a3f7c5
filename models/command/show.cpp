// weft show: what data and checkpoints look like.
#include <fmt/format.h>

#include <filesystem>

#include "command/commands.h"
#include "command/opened.h"
#include "command/samples.h"
#include "options.h"
#include "weft/train/table.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

struct ShowOptions : models::BaseOptions, ShowRequest {
  ShowOptions()
      : BaseOptions("Shows a data set, an IDX file, IDX images with their labels, a PNG image, or a checkpoint.") {
    app.name("weft show");
    app.add_option("WHAT", given, "a data set as weft train takes it, a file, or two: IDX images and their labels")
        ->required()
        ->expected(1, 2);
    app.add_option("--count", most, "samples to show")->check(count())->capture_default_str();
    app.add_option("--first", first, "the first of them")
        ->check(number("a whole number of at least 0", [](double v) { return v >= 0 && v == std::floor(v); }))
        ->capture_default_str();
    app.add_option("--part", part, "of a data set: train or test")
        ->check(one_of({"train", "test"}))
        ->capture_default_str();
    app.add_option("--out", out, "write a contact sheet into this PNG file, and no pictures into the terminal");
    app.add_option("--augment", augment, "show images as they are trained on with this; --seed draws others");
    app.add_option("--scale", scale, "numbers and pictures as weft train would scale them");
    app.add_option("--target", target, "the column of a CSV file that holds the class");
    app.add_option("--classes", classes, "how many there are in an IDX file of labels [its largest and one]")
        ->check(number("a whole number from 1 to 65536",
                       [](double v) { return v >= 1 && v <= 65536 && v == std::floor(v); }));
    app.add_flag("--numbers", numbers, "print the numbers, an image as a square");
    app.add_flag("--flat", flat, "print an image's numbers as one line");
    app.add_flag("--one-hot", one_hot, "print classes as one-hot vectors");
    app.footer("\nData sets:\n" + data_set_reference() + "\nAugmentations:\n" + reference(augmentations()) +
               "\nScales:\n" + reference(scales()));
  }
  std::vector<std::string> given;
  std::string part = "train";
  std::optional<std::string> target;
  std::optional<int64_t> classes;
};

void show_data_set(const ShowOptions& o) {
  DataRequest request;
  request.name = o.what, request.folder = o.data, request.target = o.target;
  const bool is_table = o.what == "iris" || o.what.starts_with("csv:");
  if (is_table) request.test = 1;  // all rows, as they stand
  const DataSet set = load_data_set(request);
  const Samples& part = o.part == "test" ? set.test : set.train;
  fmt::print("{}\n", set.description);
  print_facts(is_table ? "rows" : o.part + " images", part.data);
  for (size_t c = 0; c < set.feature_names.size(); ++c)
    print_facts("  " + set.feature_names[c], part.data.select(1, static_cast<int64_t>(c)).contiguous());
  print_classes(part.target, set.class_names);
  show_samples(o, {part.data, part.target, set.class_names, set.train.data});
}

/// The names of the classes of labels: their numbers.
std::vector<std::string> classes_of(const ShowOptions& o, const std::string& file, const Tensor& labels) {
  const int64_t largest = labels.numel() ? labels.max().item<int64_t>() : 0;
  const int64_t classes = o.classes.value_or(largest + 1);
  check<ValueError>(largest < classes, "[show] {}: label {} is not below --classes {}", file, largest, classes);
  std::vector<std::string> names;
  for (int64_t c = 0; c < classes; ++c) names.push_back(fmt::format("{}", c));
  return names;
}

void show_idx(const ShowOptions& o) {
  Shown shown;
  Tensor rows;
  std::string images_file, labels_file;
  for (const std::string& file : o.given) {
    const Tensor array = data::read_idx(file);
    print_facts(file, array);
    if (array.dim() == 1)
      shown.target = array.to(kInt64), labels_file = file;
    else if (array.dim() == 3 || array.dim() == 4)
      shown.data = array, images_file = file;
    else
      rows = array;
  }
  const bool images = shown.data.defined(), labels = shown.target.defined();
  check<ValueError>(o.given.size() == 1 || (images && labels),
                    "[show] {} and {}: two files shown together are images and their labels", o.given.front(),
                    o.given.back());
  check<ValueError>(labels || !o.classes, "[show] --classes is for labels, {} holds none", o.what);
  if (labels) {
    shown.class_names = classes_of(o, labels_file, shown.target);
    print_classes(shown.target, shown.class_names);
  }
  if (images) {
    check<ValueError>(!labels || shown.data.size(0) == shown.target.numel(), "[show] {} holds {} images, {} {} labels",
                      images_file, shown.data.size(0), labels_file, labels ? shown.target.numel() : 0);
    return show_samples(o, shown);
  }
  check<ValueError>(o.augment.empty() && !o.out && !o.scale, "[show] {} holds no images", o.what);
  check<ValueError>(labels || !o.one_hot, "[show] --one-hot is for classes, {} has none", o.what);
  const auto [begin, end] = o.range(labels ? shown.target.numel() : rows.size(0));
  for (int64_t i = begin; i < end; ++i)
    labels ? print_class(shown.target, i, o.one_hot, shown.class_names.size()) : print_numbers(rows[i], true);
}

void show_checkpoint(const ShowOptions& o) {
  const std::string file = checkpoint_file(o.what);
  const StateDict content = load_safetensors(file);
  fmt::print("{}\n", file);
  train::Table table({"tensor", "dtype", "sizes", "range, mean and deviation"});
  for (const auto& [name, t] : content.tensors)
    table.add({name, fmt::format("{}", t.dtype()), fmt::format("{}", t.sizes()), t.numel() ? range_of(t) : ""});
  fmt::print("{}", table.text());
  for (const auto& [key, text] : content.metadata)
    if (!key.starts_with("checkpoint/optimizer")) fmt::print("{}: {}\n", key, text);
}

void show_image(const ShowOptions& o) {
  const Tensor image = data::read_png(o.what);
  print_facts(o.what, image);
  show_samples(o, {image.unsqueeze(0), {}, {}, {}});
}

}  // namespace

int show(int argc, char** argv) {
  ShowOptions o;
  o.parse(argc, argv);
  o.what = o.given.front();
  std::error_code error;
  const bool is_path = o.what.find_first_of("/.") != std::string::npos && !o.what.starts_with("csv:");
  const bool is_file = std::filesystem::is_regular_file(o.what, error);
  const bool is_run = is_checkpoint(o.what) || (is_path && std::filesystem::is_directory(o.what, error));
  const bool is_idx = is_file && !is_run && !is_png(o.what) && !o.what.ends_with(".csv");
  check<ValueError>(o.given.size() == 2 || is_idx || !o.classes,
                    "[show] --classes is for IDX files of labels, {} is none", o.what);
  if (o.given.size() == 2 || is_idx) {
    show_idx(o);
  } else if (is_run) {
    show_checkpoint(o);
  } else if (!is_file) {
    check<IoError>(!is_path, "[show] {}: there is no such file", o.what);
    show_data_set(o);
  } else if (is_png(o.what)) {
    show_image(o);
  } else {
    o.what = "csv:" + o.what;
    show_data_set(o);
  }
  return 0;
}

}  // namespace command
