// weft predict: the predictions of a checkpoint for images or rows of numbers.
#include <fmt/format.h>

#include <algorithm>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/app/opened.h"
#include "weft/data/csv_rows.h"
#include "weft/tensor/file_bytes.h"
#include "weft/train/table.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

constexpr int64_t kBatch = 1000;

struct PredictOptions : models::BaseOptions {
  PredictOptions()
      : BaseOptions("Applies a checkpoint's model: prints the most probable classes of each image or row.",
                    {.seed = false, .threads = true, .data = false}) {
    app.name("weft predict");
    app.add_option("CHECKPOINT", checkpoint, "a checkpoint, or the folder of a run (its best)")->required();
    app.add_option("FILES", files, "PNG images, IDX files of images, or, for a model of a table, CSV files")
        ->required();
    app.add_option("--top", top, "classes to show for each")->check(count())->capture_default_str();
    app.add_option("--count", most, "maximum number of images or rows per file")->check(count());
    add_header_option(app, header);
    app.add_flag("--resize", resize, "scale images of other sizes to fit the model's input");
    app.add_flag("--invert", invert, "invert images: MNIST's digits are light on dark");
  }
  std::string checkpoint, header = "auto";
  std::vector<std::string> files;
  int64_t top = 3;
  std::optional<int64_t> most;
  bool resize = false, invert = false;
};

/// The samples of a file, with their names.
struct Asked {
  Tensor data;  ///< uint8 [N, C, H, W], or float32 [N, columns]
  std::vector<std::string> names;
};

/// An image [C, H, W] of bytes scaled into a frame of these sizes: as large as fits, centred, on black.
Tensor fitted(const Tensor& image, int64_t height, int64_t width) {
  const double ratio = std::min(static_cast<double>(height) / static_cast<double>(image.size(1)),
                                static_cast<double>(width) / static_cast<double>(image.size(2)));
  auto scaled = [&](int64_t size, int64_t most) {
    return std::clamp<int64_t>(std::llround(static_cast<double>(size) * ratio), 1, most);
  };
  const int64_t h = scaled(image.size(1), height), w = scaled(image.size(2), width);
  const Tensor small = adaptive_avg_pool2d(image.to(kFloat).unsqueeze(0), {h, w})[0];
  Tensor frame = zeros({image.size(0), height, width});
  frame.slice(1, (height - h) / 2, (height - h) / 2 + h).slice(2, (width - w) / 2, (width - w) / 2 + w).copy_(small);
  return frame.round().to(kUInt8);
}

/// True if the edges of most images are light, as in writing on paper.
bool has_light_edges(const Tensor& images) {
  const Tensor x = images.to(kFloat);
  const double edge =
      (x.select(2, 0).mean() + x.select(2, -1).mean() + x.select(3, 0).mean() + x.select(3, -1).mean()).item<double>() /
      4;
  return edge > 127;
}

Asked images_of(const std::string& file, const PredictOptions& o, const Dims& sizes) {
  const bool png = is_png(file);
  Tensor images =
      png ? data::read_png(file, sizes[0] == 1 ? data::ImageReadMode::kGray : data::ImageReadMode::kRGB).unsqueeze(0)
          : data::read_idx(file);
  check<ShapeError>(images.dim() == 3 || images.dim() == 4, "[predict] {} contains {}, expected images [N, H, W]", file,
                    images.sizes());
  if (images.dim() == 3) images = images.unsqueeze(1);
  if (o.most && images.size(0) > *o.most) images = images.slice(0, 0, *o.most);
  check<ShapeError>(images.size(1) == sizes[0], "[predict] {} contains images of {} channels, the model takes {}", file,
                    images.size(1), sizes[0]);
  if (o.invert) images = (255 - images.to(kInt32)).to(kUInt8);
  if (images.size(2) != sizes[1] || images.size(3) != sizes[2]) {
    check<ShapeError>(o.resize, "[predict] {} is {} x {}, the model takes {} x {}: use --resize", file, images.size(3),
                      images.size(2), sizes[2], sizes[1]);
    TensorList all;
    for (int64_t i = 0; i < images.size(0); ++i) all.push_back(fitted(images[i], sizes[1], sizes[2]));
    images = stack(all);
  }
  if (!o.invert && has_light_edges(images))
    fmt::print(stderr, "note: {} is dark on light; a model of MNIST expects light on dark: use --invert\n", file);
  Asked out{images.contiguous(), {}};
  for (int64_t i = 0; i < images.size(0); ++i) out.names.push_back(png ? file : fmt::format("{}[{}]", file, i));
  return out;
}

/// Rows of a CSV file, selected by the names of its columns.
Asked rows_of(const std::string& file, const PredictOptions& o, const std::vector<std::string>& features) {
  const std::string text = read_whole("csv", file);
  data::CsvOptions options;
  options.header = header_of(o.header);
  data::CsvRows rows(text, file, options);
  note_header(file, o.header, rows.has_header());
  const std::vector<int64_t> columns = columns_named(features, rows.names(), file);
  std::vector<std::string> cells;
  std::vector<double> numbers;
  Asked out;
  while (rows.next(cells) && !(o.most && static_cast<int64_t>(out.names.size()) == *o.most)) {
    for (const int64_t column : columns) numbers.push_back(rows.number(cells, static_cast<size_t>(column)));
    out.names.push_back(fmt::format("{}:{}", file, rows.line()));
  }
  check<IoError>(!out.names.empty(), "[csv] {}: the file has a header, but no rows", file);
  out.data = tensor(numbers, kFloat64).to(kFloat32).view({-1, static_cast<int64_t>(columns.size())});
  return out;
}

}  // namespace

int predict(int argc, char** argv) {
  PredictOptions o;
  o.parse(argc, argv);
  Opened opened = open_checkpoint(o.checkpoint);
  check_reads_floats(opened.model);
  train::Notes notes = opened.notes.value_or(train::Notes());
  if (!opened.notes) {  // a model of another program: its input determines the sizes
    notes.sizes = opened.model->input_sizes();
    check<StateError>(notes.sizes.size() == 3, "[predict] '{}' does not record the scale of its inputs", opened.file);
  }
  Inputs inputs = inputs_for(opened.model->input_sizes(), notes.sizes, "the data set");
  inputs.scale = notes.scale;
  const Reading reading = reading_of(notes.loss, opened.last_layer());
  const bool tells_shares = reading != Reading::kScores;

  std::vector<std::string> headers{"", "class"};
  const int64_t classes = opened.model->output_sizes()[0], top = std::min(o.top, classes);
  for (int64_t k = 1; k <= top; ++k)
    headers.push_back(k == 1 ? (tells_shares ? "probability" : "score") : fmt::format("{}.", k));
  train::Table table(headers);
  auto name_of = [&](int64_t c) {
    return static_cast<size_t>(c) < notes.class_names.size() ? notes.class_names[static_cast<size_t>(c)]
                                                             : fmt::format("{}", c);
  };
  if (o.app.count("--header") == 0) o.header = notes.option("--header").value_or(o.header);
  NoGradGuard no_grad;
  for (const std::string& file : o.files) {
    const Asked asked = notes.images ? images_of(file, o, notes.sizes) : rows_of(file, o, notes.feature_names);
    TensorList parts;  // so that a file of any length takes the memory of one batch
    for (const Tensor& part : asked.data.split(kBatch)) parts.push_back(opened.model->forward(inputs_of(part, inputs)));
    const Tensor scores = cat(parts);
    const auto [values, ids] = probabilities_of(reading, scores).topk(top, 1);
    for (int64_t i = 0; i < scores.size(0); ++i) {
      std::vector<std::string> row{asked.names[static_cast<size_t>(i)], name_of(ids[i][0].item<int64_t>())};
      for (int64_t k = 0; k < top; ++k) {
        const auto value = values[i][k].item<double>();
        const std::string shown = tells_shares ? fmt::format("{:.2f} %", 100 * value) : fmt::format("{:.4f}", value);
        row.push_back(k == 0 ? shown : fmt::format("{} {}", name_of(ids[i][k].item<int64_t>()), shown));
      }
      table.add(std::move(row));
    }
  }
  fmt::print("{}", table.text());
  return 0;
}

}  // namespace command
