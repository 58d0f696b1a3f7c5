#include "weft/data/synthetic_digits.h"

#include "weft/data/digit_pen.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data::datasets {
namespace {

ImageBytes draw_all(size_t count, uint64_t seed, const SyntheticDigitsOptions& options) {
  for (double o : {options.wobble, options.distortion, options.slant, options.pen})
    check<ValueError>(o >= 0 && o <= 3, "[SyntheticDigits] an option is in [0, 3], not {}", o);
  const auto n = static_cast<int64_t>(count);
  Tensor pixels = empty({n, kDigitSide, kDigitSide}, kUInt8), labels = empty({n}, kInt64);
  auto* to = pixels.data_ptr<uint8_t>();
  auto* label = labels.data_ptr<int64_t>();
  parallel_for(n, 30e3, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      label[i] = draw_digit(seed, static_cast<uint64_t>(i), options, to + i * kDigitSide * kDigitSide);
  });
  return {std::move(pixels), std::move(labels)};
}

}  // namespace

SyntheticDigits::SyntheticDigits(size_t count, uint64_t seed, const SyntheticDigitsOptions& options)
    : ImageDataset(draw_all(count, seed, options)) {}

template class Dataset<SyntheticDigits>;
template class ImageDataset<SyntheticDigits>;

}  // namespace weft::data::datasets
