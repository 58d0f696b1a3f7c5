// weft show: what data look like, in numbers and as pictures.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "command/commands.h"
#include "command/opened.h"
#include "options.h"
#include "weft/train/contact_sheet.h"
#include "weft/train/table.h"
#include "weft/train/terminal_picture.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

struct ShowOptions : models::BaseOptions {
  ShowOptions() : BaseOptions("Shows a data set, an IDX file, a PNG image, or the tensors of a checkpoint.") {
    app.name("weft show");
    app.add_option("WHAT", what, "a data set as weft train takes it, or a file")->required();
    app.add_option("--count", most, "samples to show")->check(count())->capture_default_str();
    app.add_option("--first", first, "the first of them")
        ->check(number("a whole number of at least 0", [](double v) { return v >= 0 && v == std::floor(v); }))
        ->capture_default_str();
    app.add_option("--part", part, "of a data set: train or test")
        ->check(CLI::IsMember({"train", "test"}))
        ->capture_default_str();
    app.add_option("--out", out, "write a contact sheet into this PNG file, and no pictures into the terminal");
    app.add_option("--augment", augment, "show images as they are trained on with this; --seed draws others");
    app.add_option("--scale", scale, "as weft train would scale them: changes the numbers");
    app.add_option("--target", target, "the column of a CSV file that holds the class");
    app.add_flag("--numbers", numbers, "print the numbers, an image as a square");
    app.add_flag("--flat", flat, "print an image's numbers as one line");
    app.add_flag("--one-hot", one_hot, "print classes as one-hot vectors");
    app.footer("\nData sets:\n" + data_set_reference() + "\nAugmentations:\n" + reference(augmentations()) +
               "\nScales:\n" + reference(scales()));
  }
  std::string what, part = "train", augment;
  std::optional<std::string> out, scale, target;
  int64_t most = 10, first = 0;
  bool numbers = false, flat = false, one_hot = false;
};

std::string range_of(const Tensor& t) {
  const Tensor x = t.to(kFloat64);
  const double mean = x.mean().item<double>();
  return fmt::format("{} to {}, mean {:.6g}, deviation {:.6g}", x.min().item<double>(), x.max().item<double>(), mean,
                     std::sqrt((x - mean).square().mean().item<double>()));
}

void print_facts(const std::string& what, const Tensor& t) {
  fmt::print("{}: {} {}{}\n", what, t.dtype(), t.sizes(), t.numel() ? ", " + range_of(t) : "");
}

void print_classes(const Tensor& target, const std::vector<std::string>& names) {
  const Tensor counts = target.bincount(static_cast<int64_t>(names.size()));
  train::Table table({"class", "samples"});
  for (int64_t c = 0; c < counts.numel(); ++c)
    table.add({static_cast<size_t>(c) < names.size() ? names[static_cast<size_t>(c)] : fmt::format("{}", c),
               train::format_count(counts[c].item<double>())});
  fmt::print("{}", table.text());
}

int64_t terminal_width() {
  winsize size{};
  return isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                                       : 80;
}

/// Pictures beside each other, as many as fit, with their labels above.
void print_pictures(const Tensor& images, const std::vector<std::string>& labels) {
  const int64_t width = images.size(-1), columns = std::max<int64_t>(1, terminal_width() / (width + 1));
  for (int64_t begin = 0; begin < images.size(0); begin += columns) {
    const int64_t end = std::min(begin + columns, images.size(0));
    std::vector<std::string> lines;
    std::string head;
    for (int64_t i = begin; i < end; ++i) {
      std::istringstream picture(train::terminal_picture(images[i]));
      size_t row = 0;
      for (std::string line; std::getline(picture, line); ++row) {
        if (lines.size() <= row) lines.emplace_back();
        lines[row] += line + " ";
      }
      if (!labels.empty()) head += fmt::format("{:<{}} ", labels[static_cast<size_t>(i)], width);
    }
    if (!labels.empty()) fmt::print("{}\n", head);
    for (const std::string& line : lines) fmt::print("{}\n", line);
  }
}

/// One sample's numbers: an image by its rows, or all in one line.
void print_numbers(const Tensor& sample, bool flat) {
  const Tensor x = sample.to(kFloat64).contiguous();
  const int64_t width = flat || x.dim() < 2 ? x.numel() : x.size(-1);
  const bool whole = x.eq(x.round()).all().item<bool>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double v = x.data_ptr<double>()[i];
    fmt::print("{}{}", whole ? fmt::format("{:>3.0f}", v) : fmt::format("{:>7.4f}", v), (i + 1) % width ? " " : "\n");
  }
}

/// Images [N, H, W] or [N, C, H, W], or rows, with their labels, if any, as asked for.
void show_samples(const ShowOptions& o, const Tensor& data, const std::vector<std::string>& labels = {},
                  const Tensor& target = {}, int64_t classes = 0) {
  const int64_t begin = std::min(o.first, data.size(0)), end = std::min(begin + o.most, data.size(0));
  check<ValueError>(begin < end, "[show] sample {} of {}", o.first, data.size(0));
  Tensor shown = data.slice(0, begin, end);
  const bool images = data.dtype() == kUInt8 && data.dim() >= 3;
  check<ValueError>(images || (o.augment.empty() && !o.out), "[show] {} holds no images", o.what);
  check<ValueError>(target.defined() || !o.one_hot, "[show] --one-hot is for classes, {} has none", o.what);
  Dims sizes = images && data.dim() == 3 ? Dims{1, data.size(1), data.size(2)} : Dims();
  if (images && data.dim() == 4) sizes = {data.size(1), data.size(2), data.size(3)};
  if (images && !o.augment.empty()) {
    Inputs inputs{{}, {}, sizes};
    for (const auto& chosen : read_settings("augment", o.augment, augmentations()))
      inputs.augment.push_back(chosen.row->make(chosen.setting, {sizes[0], sizes[1], sizes[2]}));
    const Samples samples{shown, zeros({shown.size(0)}, kInt64)};
    make_batches(samples, inputs, Order::kAsTheyAre, shown.size(0))->each([&](data::Example<>& batch) {
      shown = batch.data.mul(255).round().to(kUInt8);
      return true;
    });
  }
  const std::vector<std::string> names(labels.begin() + (labels.empty() ? 0 : begin),
                                       labels.begin() + (labels.empty() ? 0 : end));
  if (o.numbers || o.flat || o.one_hot || o.scale) {
    Tensor numbers = shown;
    if (o.scale) {
      const auto scale = read_setting("scale", *o.scale, scales());
      numbers = inputs_of(shown, {scale.row->make(scale.setting, data), {}, images ? sizes : Dims{data.size(1)}});
      print_facts("scaled", numbers);
    }
    for (int64_t i = 0; i < shown.size(0) && (o.numbers || o.flat || o.one_hot); ++i) {
      if (target.defined()) {
        const Tensor id = target.slice(0, begin + i, begin + i + 1);
        fmt::print("{}: ", begin + i);
        print_numbers(o.one_hot ? one_hot(id, classes)[0] : id, true);
      }
      if (o.numbers || o.flat) print_numbers(numbers[i], o.flat);
    }
    if (o.numbers || o.flat || o.one_hot) return;
  }
  if (o.out) {
    data::write_png(*o.out, train::contact_sheet(shown, {.labels = names}));
    fmt::print("wrote {}\n", *o.out);
  } else if (images) {
    print_pictures(shown, names);
  } else {
    for (int64_t i = 0; i < shown.size(0); ++i) {
      if (!names.empty()) fmt::print("{:<16} ", names[static_cast<size_t>(i)]);
      print_numbers(shown[i], true);
    }
  }
}

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
  std::vector<std::string> labels;
  for (int64_t i = 0; i < part.size(); ++i)
    labels.push_back(set.class_names[static_cast<size_t>(part.target.data_ptr<int64_t>()[i])]);
  show_samples(o, part.data, labels, part.target, static_cast<int64_t>(set.class_names.size()));
}

void show_idx(const ShowOptions& o) {
  const Tensor array = data::read_idx(o.what);
  print_facts(o.what, array);
  if (array.dim() == 1) {
    const Tensor ids = array.to(kInt64);
    print_classes(ids, {});
    const int64_t begin = std::min(o.first, ids.numel()), end = std::min(begin + o.most, ids.numel());
    for (int64_t i = begin; i < end; ++i)
      print_numbers(o.one_hot ? one_hot(ids.slice(0, i, i + 1), ids.max().item<int64_t>() + 1)[0] : ids[i].reshape({1}),
                    true);
  } else if (array.dim() == 3 || array.dim() == 4) {
    show_samples(o, array);
  } else if (array.dim() == 2) {
    for (int64_t i = o.first; i < std::min(o.first + o.most, array.size(0)); ++i) print_numbers(array[i], true);
  }
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

}  // namespace

int show(int argc, char** argv) {
  ShowOptions o;
  o.parse(argc, argv);
  std::error_code error;
  const bool is_path = o.what.find_first_of("/.") != std::string::npos && !o.what.starts_with("csv:");
  if (is_checkpoint(o.what) || (is_path && std::filesystem::is_directory(o.what, error))) {
    show_checkpoint(o);
  } else if (!std::filesystem::is_regular_file(o.what, error)) {
    check<IoError>(!is_path, "[show] {}: there is no such file", o.what);
    show_data_set(o);
  } else if (is_png(o.what)) {
    const Tensor image = data::read_png(o.what);
    print_facts(o.what, image);
    show_samples(o, image.unsqueeze(0));
  } else if (o.what.ends_with(".csv")) {
    o.what = "csv:" + o.what;
    show_data_set(o);
  } else {
    show_idx(o);
  }
  return 0;
}

}  // namespace command
