#include "weft/data/image_transforms.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "weft/tensor/creation.h"

namespace weft::data::transforms {
namespace {

// The random words of a transform for a sample; `kind` separates different transforms with the same seed.
enum class Kind : uint64_t { Shift = 1, Crop, Rotation };
std::array<uint32_t, 4> draw(uint64_t seed, Kind kind, const SampleKey& key) {
  return philox(seed, key.epoch, key.sample | static_cast<uint64_t>(kind) << 56);
}

// Uniform in 0 .. count-1.
int64_t pick(uint32_t word, int64_t count) {
  return static_cast<int64_t>((uint64_t{word} * static_cast<uint64_t>(count)) >> 32);
}

// out[y][x] = in[y + dy][x + dx], or 0 outside, for every channel.
template <class T>
void cut(const T* in, const ImageShape& from, T* out, int64_t height, int64_t width, int64_t dy, int64_t dx) {
  const int64_t x0 = std::clamp<int64_t>(-dx, 0, width), x1 = std::clamp<int64_t>(from.width - dx, x0, width);
  for (int64_t c = 0; c < from.channels; ++c, in += from.pixels())
    for (int64_t y = 0; y < height; ++y, out += width) {
      const int64_t row = y + dy;
      if (row < 0 || row >= from.height) {
        std::fill_n(out, width, T(0));
        continue;
      }
      std::fill(out, out + x0, T(0));
      std::copy(in + row * from.width + x0 + dx, in + row * from.width + x1 + dx, out + x0);
      std::fill(out + x1, out + width, T(0));
    }
}

}  // namespace

namespace detail {

Tensor run_stage(const ImageStage& stage, const Tensor& input, const SampleKey& key) {
  check<ShapeError>(input.dim() == 3, "[transforms] an image is [channels, height, width], the data is {}",
                    input.sizes());
  check<DtypeError>(input.dtype() == kFloat32, "[transforms] an image is float32, the data is {}", input.dtype());
  const Tensor in = input.contiguous();
  const ImageShape from{in.size(0), in.size(1), in.size(2)}, to = stage.output_shape(from);
  Tensor out = empty({to.channels, to.height, to.width}, kFloat32);
  stage.run(in.data_ptr<float>(), out.data_ptr<float>(), from, key);
  return out;
}

SampleKey next_key() {
  Generator& generator = default_generator();
  std::lock_guard lock(generator.mutex());
  return {generator.next_stream(), 0};
}

Tensor channel_values(const char* what, ArrayRef<double> values) {
  check<ValueError>(!values.empty(), "[Normalize] {} is empty", what);
  Tensor t = empty({static_cast<int64_t>(values.size()), 1, 1}, kFloat32);
  std::copy(values.begin(), values.end(), t.data_ptr<float>());
  return t;
}

void check_normalization(const Tensor& mean, const Tensor& stddev) {
  check<ValueError>(mean.numel() == stddev.numel(), "[Normalize] {} means, but {} standard deviations", mean.numel(),
                    stddev.numel());
  const float* values = stddev.data_ptr<float>();
  for (int64_t i = 0; i < stddev.numel(); ++i)
    check<ValueError>(values[i] > 0, "[Normalize] a standard deviation is positive, not {}", values[i]);
}

ImageShape normalized_shape(const Tensor& mean, const ImageShape& in) {
  check<ShapeError>(mean.numel() == 1 || mean.numel() == in.channels,
                    "[Normalize] mean and stddev have {} channels, the image has {}", mean.numel(), in.channels);
  return in;
}

void normalize(const Tensor& mean, const Tensor& stddev, const float* in, float* out, const ImageShape& shape) {
  const float *means = mean.data_ptr<float>(), *deviations = stddev.data_ptr<float>();
  const bool several = mean.numel() > 1;
  const int64_t n = shape.pixels();
  for (int64_t c = 0; c < shape.channels; ++c, in += n, out += n) {
    const float m = means[several ? c : 0], s = deviations[several ? c : 0];
    for (int64_t i = 0; i < n; ++i) out[i] = (in[i] - m) / s;
  }
}

}  // namespace detail

template class ImageTransform<Tensor>;
template class ImageTransform<example::NoTarget>;
template class Normalize<Tensor>;
template class Normalize<example::NoTarget>;

RandomShift::RandomShift(int64_t max_x, int64_t max_y) : max_x_(max_x), max_y_(max_y) {
  check<ValueError>(max_x >= 0 && max_y >= 0, "[RandomShift] the largest shift must not be negative, got {} by {}",
                    max_x, max_y);
}

template <class T>
void RandomShift::shift(const T* in, T* out, const ImageShape& shape, const SampleKey& key) const {
  const auto words = draw(seed_, Kind::Shift, key);
  const int64_t dx = pick(words[0], 2 * max_x_ + 1) - max_x_, dy = pick(words[1], 2 * max_y_ + 1) - max_y_;
  cut(in, shape, out, shape.height, shape.width, dy, dx);
}
void RandomShift::run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const {
  shift(in, out, shape, key);
}
void RandomShift::move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const {
  shift(in, out, shape, key);
}

RandomCrop::RandomCrop(IntArrayRef size, int64_t padding) : padding_(padding) {
  check<ValueError>(size.size() == 1 || size.size() == 2,
                    "[RandomCrop] size must be one integer or {{height, width}}, got {}", size);
  height_ = size.front(), width_ = size.back();
  check<ValueError>(height_ > 0 && width_ > 0, "[RandomCrop] size must be at least 1, got {}", size);
  check<ValueError>(padding >= 0, "[RandomCrop] padding must not be negative, got {}", padding);
}

ImageShape RandomCrop::output_shape(const ImageShape& in) const {
  check<ShapeError>(in.height + 2 * padding_ >= height_ && in.width + 2 * padding_ >= width_,
                    "[RandomCrop] no {}x{} crop in a {}x{} image with padding {}", height_, width_, in.height, in.width,
                    padding_);
  return {in.channels, height_, width_};
}

template <class T>
void RandomCrop::crop(const T* in, T* out, const ImageShape& shape, const SampleKey& key) const {
  const auto words = draw(seed_, Kind::Crop, key);
  const int64_t dy = pick(words[0], shape.height + 2 * padding_ - height_ + 1) - padding_;
  const int64_t dx = pick(words[1], shape.width + 2 * padding_ - width_ + 1) - padding_;
  cut(in, shape, out, height_, width_, dy, dx);
}
void RandomCrop::run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const {
  crop(in, out, shape, key);
}
void RandomCrop::move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const {
  crop(in, out, shape, key);
}

RandomRotation::RandomRotation(double degrees) : degrees_(degrees) {
  check<ValueError>(degrees >= 0 && degrees <= 180, "[RandomRotation] degrees are in [0, 180], not {}", degrees);
}

void RandomRotation::run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const {
  const double unit = draw(seed_, Kind::Rotation, key)[0] * 0x1p-31 - 1;
  const double angle = unit * degrees_ * std::numbers::pi / 180;
  const auto cosine = static_cast<float>(std::cos(angle)), sine = static_cast<float>(std::sin(angle));
  const int64_t h = shape.height, w = shape.width;
  const float cy = static_cast<float>(h - 1) / 2, cx = static_cast<float>(w - 1) / 2;
  for (int64_t c = 0; c < shape.channels; ++c, in += h * w) {
    auto at = [&](int64_t y, int64_t x) { return y < 0 || y >= h || x < 0 || x >= w ? 0.0f : in[y * w + x]; };
    for (int64_t y = 0; y < h; ++y)
      for (int64_t x = 0; x < w; ++x) {
        const float dx = static_cast<float>(x) - cx, dy = static_cast<float>(y) - cy;
        const float sx = cosine * dx + sine * dy + cx, sy = cosine * dy - sine * dx + cy;
        const float fx = std::floor(sx), fy = std::floor(sy), ax = sx - fx, ay = sy - fy;
        const auto ix = static_cast<int64_t>(fx), iy = static_cast<int64_t>(fy);
        const float top = at(iy, ix) + ax * (at(iy, ix + 1) - at(iy, ix));
        const float bottom = at(iy + 1, ix) + ax * (at(iy + 1, ix + 1) - at(iy + 1, ix));
        *out++ = top + ay * (bottom - top);
      }
  }
}

}  // namespace weft::data::transforms
