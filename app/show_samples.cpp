#include "weft/app/show_samples.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "weft/app/data_sets.h"
#include "weft/report/contact_sheet.h"
#include "weft/report/terminal_picture.h"
#include "weft/train/table.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

int64_t terminal_width() {
  winsize size{};
  return isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                                       : 80;
}

/// Images of at most this width: wider ones are reduced, with a note.
Tensor fitting(const Tensor& images, int64_t most) {
  const int64_t width = images.size(-1), height = images.size(-2);
  if (width <= most) return images;
  const int64_t reduced = std::max<int64_t>(1, height * most / width);
  fmt::print("pictures: {} x {} reduced to {} x {}\n", width, height, most, reduced);
  const Tensor x = images.to(kFloat), small = adaptive_avg_pool2d(x.dim() == 3 ? x.unsqueeze(1) : x, {reduced, most});
  const Tensor out = x.dim() == 3 ? small.squeeze(1) : small;
  return images.dtype() == kUInt8 ? out.round().to(kUInt8) : out;
}

/// Pictures side by side, as many as fit, with their labels above.
void print_pictures(const Tensor& given, const std::vector<std::string>& labels) {
  const Tensor images = fitting(given, terminal_width());
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

bool are_images(const Tensor& data) { return data.dtype() == kUInt8 && data.dim() >= 3; }

/// Some samples in the form a model gets them: augmented, and scaled if requested; else pixels stay bytes.
Tensor as_trained_on(const ShowRequest& o, const Shown& all, const Tensor& samples) {
  Inputs inputs;
  if (are_images(samples) && samples.dim() == 3) inputs.sizes.push_back(1);
  for (int64_t d = 1; d < samples.dim(); ++d) inputs.sizes.push_back(samples.size(d));
  if (o.scale) {
    const auto scale = read_setting("scale", *o.scale, scales());
    inputs.scale = scale.row->make(scale.setting, all.trained_on.defined() ? all.trained_on : all.data);
  }
  for (const auto& chosen : read_settings("augment", o.augment, augmentations()))
    inputs.augment.push_back(chosen.row->make(chosen.setting, {inputs.sizes[0], inputs.sizes[1], inputs.sizes[2]}));
  Tensor out;
  const Samples unlabelled{samples, zeros({samples.size(0)}, kInt64)};
  make_batches(unlabelled, inputs, Order::kAsTheyAre, samples.size(0))->each([&](data::Example<>& batch) {
    out = batch.data;
    return true;
  });
  return o.scale ? out : out.mul(255).round().to(kUInt8);
}

/// Bytes unchanged; scaled values mapped by their range, with a note.
Tensor grays_of(const Tensor& images) {
  if (images.dtype() == kUInt8) return images;
  const double low = images.min().item<double>(), high = images.max().item<double>();
  fmt::print("pictures: black is {:.4g}, white is {:.4g}\n", low, high);
  return (images - low) / (high > low ? high - low : 1);
}

/// The texts separated by spaces; if they do not fit, the first ones and their total number.
std::string fitting_line(ArrayRef<std::string> texts, size_t room) {
  const std::string end = fmt::format(" ... ({} values)", texts.size());
  std::string out;
  size_t length = 0, fit = 0;  // `fit`: length of the part that leaves room for the end
  for (const std::string& text : texts) {
    length += text.size() + (length > 0);
    if (length + end.size() <= room) fit = length;
  }
  for (const std::string& text : texts) out += (out.empty() ? "" : " ") + text;
  return out.size() <= room ? out : out.substr(0, fit) + end;
}

std::vector<std::string> labels_of(const Shown& shown, int64_t begin, int64_t end) {
  std::vector<std::string> out;
  for (int64_t i = begin; shown.target.defined() && i < end; ++i)
    out.push_back(shown.class_names.at(static_cast<size_t>(shown.target.data_ptr<int64_t>()[i])));
  return out;
}

}  // namespace

std::pair<int64_t, int64_t> ShowRequest::range(int64_t size) const {
  check<ValueError>(size > 0, "[show] {}: contains no samples", what);
  check<ValueError>(first < size, "[show] {}: sample {} of {}", what, first, size);
  return {first, first + std::min(most, size - first)};
}

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
  constexpr size_t kFew = 50;  // beyond, only the classes that occur are listed
  const Tensor counts = target.bincount(static_cast<int64_t>(names.size()));
  train::Table table({"class", "samples"});
  for (size_t c = 0; c < names.size(); ++c)
    if (const int64_t n = counts.data_ptr<int64_t>()[c]; n > 0 || names.size() <= kFew)
      table.add({names[c], train::format_count(static_cast<double>(n))});
  fmt::print("{}", table.text());
}

void print_numbers(const Tensor& sample, bool flat, size_t room) {
  const Tensor x = sample.to(kFloat64).contiguous();
  const int64_t width = flat || x.dim() < 2 ? x.numel() : x.size(-1);
  const bool whole = x.eq(x.round()).all().item<bool>();
  std::vector<std::string> texts;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double v = x.data_ptr<double>()[i];
    texts.push_back(whole ? fmt::format("{:>3.0f}", v) : fmt::format("{:>7.4f}", v));
  }
  for (size_t begin = 0; begin < texts.size(); begin += static_cast<size_t>(width))
    fmt::print("{}\n", fitting_line(ArrayRef<std::string>(texts.data() + begin, static_cast<size_t>(width)), room));
}

void print_class(const Tensor& target, int64_t sample, bool one_hot, size_t classes) {
  const Tensor id = target.slice(0, sample, sample + 1);
  print_numbers(one_hot ? weft::one_hot(id, static_cast<int64_t>(classes))[0] : id, true);
}

void show_samples(const ShowRequest& o, const Shown& all) {
  const auto [begin, end] = o.range(all.data.size(0));
  const bool images = are_images(all.data), has_classes = all.target.defined();
  check<ValueError>(images || (o.augment.empty() && !o.out), "[show] {} contains no images", o.what);
  check<ValueError>(has_classes || !o.one_hot, "[show] --one-hot is for classes, {} has none", o.what);
  Tensor shown = all.data.slice(0, begin, end);
  if (o.scale || !o.augment.empty()) shown = as_trained_on(o, all, shown);
  if (o.scale) print_facts("scaled", shown);
  const std::vector<std::string> labels = labels_of(all, begin, end);

  const bool numbers = o.numbers || o.flat || !images;
  for (int64_t i = 0; i < end - begin && (numbers || o.one_hot); ++i) {
    if (has_classes && (o.numbers || o.flat || o.one_hot)) {
      fmt::print("{}: ", begin + i);
      print_class(all.target, begin + i, o.one_hot, all.class_names.size());
    } else if (has_classes) {
      fmt::print("{:<16} ", labels[static_cast<size_t>(i)]);
    }
    const bool asked = o.numbers || o.flat;
    const size_t taken = has_classes ? std::max<size_t>(17, labels[static_cast<size_t>(i)].size() + 1) : 0;
    const auto width = static_cast<size_t>(terminal_width());
    if (asked)
      print_numbers(shown[i], o.flat || !images);
    else if (!images && !o.one_hot)
      print_numbers(shown[i], true, width - std::min(width, taken));
  }
  if (o.out) {
    data::write_png(*o.out, train::contact_sheet(grays_of(shown), {.labels = labels}));
    fmt::print("wrote {}\n", *o.out);
  } else if (!numbers && !o.one_hot) {
    print_pictures(grays_of(shown), labels);
  }
}

}  // namespace command
