// weft show: shows data and checkpoints.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/app/opened.h"
#include "weft/app/show_samples.h"
#include "weft/tensor/file_bytes.h"
#include "weft/train/table.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

struct ShowOptions : models::BaseOptions, ShowRequest {
  ShowOptions()
      : BaseOptions("Shows a data set, an IDX file, IDX images with their labels, a PNG image, or a checkpoint.") {
    app.name("weft show");
    app.add_option("WHAT", given, "a data set named as in weft train, a file, or two: IDX images and their labels")
        ->required()
        ->expected(1, 2);
    app.add_option("--count", most, "samples to show")->check(count())->capture_default_str();
    app.add_option("--first", first, "the first of them")->check(integer(0, INT64_MAX))->capture_default_str();
    app.add_option("--part", part, "part of a data set: train or test")
        ->check(one_of({"train", "test"}))
        ->capture_default_str();
    app.add_option("--out", out, "write a contact sheet to this PNG file instead of pictures to the terminal");
    app.add_option("--augment", augment, "show images augmented as in training; --seed changes the random values");
    app.add_option("--scale", scale, "scale values and pictures as weft train does");
    app.add_option("--target", target, "the class column of a CSV file");
    add_header_option(app, header);
    app.add_option("--classes", classes, "number of classes in an IDX file of labels [its largest plus one]")
        ->check(
            number("an integer from 1 to 65536", [](double v) { return v >= 1 && v <= 65536 && v == std::floor(v); }));
    app.add_flag("--numbers", numbers, "print the values, an image as a square");
    app.add_flag("--flat", flat, "print an image's values in one line");
    app.add_flag("--one-hot", one_hot, "print classes as one-hot vectors");
    app.footer("\nData sets:\n" + data_set_reference() + "\nAugmentations:\n" + reference(augmentations()) +
               "\nScales:\n" + reference(scales()));
  }
  std::vector<std::string> given;
  std::string part = "train", header = "auto";
  std::optional<std::string> target;
  std::optional<int64_t> classes;
};

void show_data_set(const ShowOptions& o) {
  DataRequest request;
  request.name = o.what, request.folder = o.data, request.target = o.target, request.header = o.header;
  const bool is_table = o.what == "iris" || o.what.starts_with("csv:");
  if (is_table) request.test = 1;  // all rows, in file order
  const DataSet set = load_data_set(request);
  const Samples& part = o.part == "test" ? set.test : set.train;
  fmt::print("{}\n", set.description);
  print_facts(is_table ? "rows" : o.part + " images", part.data);
  constexpr size_t kMostColumns = 20;
  for (size_t c = 0; c < std::min(kMostColumns, set.feature_names.size()); ++c)
    print_facts("  " + set.feature_names[c], part.data.select(1, static_cast<int64_t>(c)).contiguous());
  if (set.feature_names.size() > kMostColumns)
    fmt::print("  and {} more columns\n", set.feature_names.size() - kMostColumns);
  print_classes(part.target, set.class_names);
  show_samples(o, {part.data, part.target, set.class_names, set.train.data});
}

/// The names of the label classes: their ids.
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
  check<ValueError>(labels || !o.classes, "[show] --classes is for labels, {} contains none", o.what);
  if (labels) {
    shown.class_names = classes_of(o, labels_file, shown.target);
    print_classes(shown.target, shown.class_names);
  }
  if (images) {
    check<ValueError>(!labels || shown.data.size(0) == shown.target.numel(),
                      "[show] {} contains {} images, {} {} labels", images_file, shown.data.size(0), labels_file,
                      labels ? shown.target.numel() : 0);
    return show_samples(o, shown);
  }
  check<ValueError>(o.augment.empty() && !o.out && !o.scale, "[show] {} contains no images", o.what);
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

enum class Content { kDataSet, kTable, kCheckpoint, kImage, kIdx };

/// Throws IoError for a path that does not exist or cannot be shown.
Content content_of(const std::string& what) {
  if (what.starts_with("csv:")) return Content::kTable;
  std::error_code error;
  const bool is_path = what.find_first_of("/.") != std::string::npos, is_there = std::filesystem::exists(what, error);
  const bool is_file = std::filesystem::is_regular_file(what, error);
  if (is_checkpoint(what) || (is_path && std::filesystem::is_directory(what, error))) return Content::kCheckpoint;
  check<IoError>(is_there || !is_path, "[show] {}: no such file", what);
  check<IoError>(is_file || !is_path, "[show] {}: not a regular file; csv:{} reads a table from a pipe", what, what);
  if (!is_file) return Content::kDataSet;
  check_system(access(what.c_str(), R_OK) == 0, "[show] {}: cannot be read", what);
  if (is_png(what)) return Content::kImage;
  const std::string head = first_bytes(what, 16);
  check<IoError>(!head.empty(), "[show] {}: is empty", what);
  const std::string_view format = known_format(head);
  if (head[0] == '\0' || format == "a gzip file") return Content::kIdx;
  const bool is_text = what.ends_with(".csv") || what.ends_with(".tsv");
  check<IoError>(format.empty() || is_text, "[show] {}: is {}; images are read from PNG and IDX files", what, format);
  const bool is_binary =
      std::any_of(head.begin(), head.end(), [](unsigned char c) { return c < 32 && !std::isspace(c); });
  return is_binary ? Content::kIdx : Content::kTable;  // the reader reports the expected format
}

}  // namespace

int show(int argc, char** argv) {
  ShowOptions o;
  o.parse(argc, argv);
  o.what = o.given.front();
  const Content content = content_of(o.what);
  const bool is_idx = o.given.size() == 2 || content == Content::kIdx;
  check<ValueError>(is_idx || !o.classes, "[show] --classes is for IDX files of labels, {} is none", o.what);
  check<ValueError>((content == Content::kTable && !is_idx) || o.header == "auto",
                    "[show] --header is for CSV files, {} is none", o.what);
  if (is_idx) {
    show_idx(o);
  } else if (content == Content::kCheckpoint) {
    show_checkpoint(o);
  } else if (content == Content::kImage) {
    show_image(o);
  } else {
    if (content == Content::kTable && !o.what.starts_with("csv:")) o.what = "csv:" + o.what;
    show_data_set(o);
  }
  return 0;
}

}  // namespace command
