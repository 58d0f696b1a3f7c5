// The tables of augmentations and scales.
#include "weft/app/tables.h"
#include "weft/weft.h"

namespace command {
using namespace weft;
using nn::lang::number;
using nn::lang::whole;
namespace transforms = data::transforms;

namespace {

constexpr double kMany = 1e9;

Tensor one_row_each(const Tensor& data) { return data.to(kFloat64).flatten(1); }

/// One value per column of a table, or one for all pixels, whose range 0 to 255 is mapped to 0 to 1.
std::vector<double> numbers_of(const Tensor& t) {
  const Tensor flat = t.to(kFloat64).contiguous().flatten();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

bool is_image(const Tensor& data) { return data.dtype() == kUInt8; }

/// Maps 0 to 1, or for each column of a table its minimum to its maximum, to low to high.
Scale range(const Tensor& data, double low, double high) {
  check<ValueError>(low < high, "[range] from {} to {} is none", low, high);
  const double width = high - low;
  if (is_image(data)) return {{-low / width}, {1 / width}};
  const Tensor rows = one_row_each(data);
  Scale out{numbers_of(rows.amin({0})), numbers_of(rows.amax({0}))};
  for (size_t i = 0; i < out.mean.size(); ++i) {
    const double least = out.mean[i], extent = out.deviation[i] > least ? out.deviation[i] - least : 1;
    out.deviation[i] = extent / width;
    out.mean[i] = least - low * out.deviation[i];
  }
  return out;
}

Scale standard(const Setting&, const Tensor& data) {
  Scale out;
  if (is_image(data)) {
    // Sums over counts of the 256 values are exact, and need no copy of the set.
    const Tensor counts = data.flatten().to(kInt64).bincount(256).to(kFloat64);
    const Tensor values = arange(256).to(kFloat64) / 255;
    const double n = static_cast<double>(data.numel()), mean = (counts * values).sum().item<double>() / n;
    const double variance = (counts * (values - mean).square()).sum().item<double>() / n;
    out = {{mean}, {std::sqrt(variance)}};
  } else {
    const Tensor rows = one_row_each(data), mean = rows.mean(0);
    out = {numbers_of(mean), numbers_of((rows - mean).square().mean(0).sqrt())};
  }
  for (double& d : out.deviation)
    if (!(d > 0)) d = 1;  // of a constant column
  return out;
}

}  // namespace

const std::vector<AugmentRow>& augmentations() {
  static const std::vector<AugmentRow> rows{
      {{"shift",
        "by up to this many pixels",
        {whole("x", 0, 4096), whole("y", -1, 4096).defaults_to(-1).says("the same as x")},
        {}},
       [](const Setting& s, const data::ImageShape&) -> std::shared_ptr<const data::ImageStage> {
         const int64_t x = s.whole("x"), y = s.whole("y");
         return std::make_shared<transforms::RandomShift>(x, y >= 0 ? y : x);
       }},
      {{"rotate", "by up to this many degrees", {number("degrees", 0, 180)}, {}},
       [](const Setting& s, const data::ImageShape&) -> std::shared_ptr<const data::ImageStage> {
         return std::make_shared<transforms::RandomRotation>(s.number("degrees"));
       }},
      {{"crop", "crops the original size from the image with this much black padding", {whole("padding", 1, 4096)}, {}},
       [](const Setting& s, const data::ImageShape& shape) -> std::shared_ptr<const data::ImageStage> {
         return std::make_shared<transforms::RandomCrop>(IntArrayRef{shape.height, shape.width}, s.whole("padding"));
       }},
  };
  return rows;
}

const std::vector<ScaleRow>& scales() {
  static const std::vector<ScaleRow> rows{
      {{"raw", "as stored: pixels 0 to 255, columns as they are"},
       [](const Setting&, const Tensor& data) {
         return is_image(data) ? Scale{{0}, {1.0 / 255}} : Scale{};
       }},
      {{"unit", "0 to 1; columns from their minimum to their maximum"},
       [](const Setting&, const Tensor& data) { return is_image(data) ? Scale{} : range(data, 0, 1); }},
      {{"range", "the same from LOW to HIGH", {number("low", -kMany, kMany), number("high", -kMany, kMany)}, {}},
       [](const Setting& s, const Tensor& data) { return range(data, s.number("low"), s.number("high")); }},
      {{"standard", "mean 0 and deviation 1 over the training set, for each column of a table"}, standard},
      {{"normalize",
        "((pixel in 0 to 1, or column) - MEAN) / DEVIATION",
        {number("mean", -kMany, kMany), number("deviation", 1e-12, kMany)},
        {}},
       [](const Setting& s, const Tensor&) {
         return Scale{{s.number("mean")}, {s.number("deviation")}};
       }},
  };
  return rows;
}

}  // namespace command
