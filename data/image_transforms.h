// Transforms of images [channels, height, width]: Normalize and random shift, crop and rotation. On byte images
// followed by Stack they run inside the one pass of image_plan.h; otherwise sample by sample, with the same random
// numbers.
//
// Random numbers are counter-based: they depend on seed, epoch and sample number, not on threads or order.
#pragma once

#include "weft/data/transform.h"
#include "weft/tensor/random.h"

namespace weft::data::transforms {

namespace detail {

/// Applies a stage to a float32 image [C, H, W]; throws ShapeError or DtypeError for others.
Tensor run_stage(const ImageStage& stage, const Tensor& input, const SampleKey& key);
/// The key of an image outside any data set, from the default generator.
SampleKey next_key();
/// float32 [values, 1, 1].
Tensor channel_values(const char* what, ArrayRef<double> values);
void check_normalization(const Tensor& mean, const Tensor& stddev);
ImageShape normalized_shape(const Tensor& mean, const ImageShape& in);
void normalize(const Tensor& mean, const Tensor& stddev, const float* in, float* out, const ImageShape& shape);

}  // namespace detail

/// An image stage as a transform of samples. Samples are float32 images [C, H, W]; throws ShapeError or DtypeError for
/// others.
template <class Target = Tensor>
class ImageTransform : public TensorTransform<Target>, public ImageStage {
 public:
  using E = Example<Tensor, Target>;
  /// Transforms one image outside any data set; random numbers come from the default generator.
  Tensor operator()(Tensor input) override { return detail::run_stage(*this, input, detail::next_key()); }
  using TensorTransform<Target>::apply_batch;
  std::vector<E> apply_batch(std::vector<E> batch, const BatchKey& key) {
    for (size_t i = 0; i < batch.size(); ++i)
      batch[i].data = detail::run_stage(*this, batch[i].data, {key.epoch, key.samples[i]});
    return batch;
  }
};

/// (x - mean) / stddev, per channel if several values are given. Throws ValueError unless stddev is positive and both
/// have the same length.
template <class Target = Tensor>
class Normalize : public ImageTransform<Target> {
 public:
  Normalize(ArrayRef<double> means, ArrayRef<double> stddevs)
      : mean(detail::channel_values("mean", means)), stddev(detail::channel_values("stddev", stddevs)) {
    detail::check_normalization(mean, stddev);
  }
  /// Accepts any tensor that broadcasts with [channels, 1, 1].
  Tensor operator()(Tensor input) override { return input.sub(mean).div(stddev); }
  ImageShape output_shape(const ImageShape& in) const override { return detail::normalized_shape(mean, in); }
  void run(const float* in, float* out, const ImageShape& shape, const SampleKey&) const override {
    detail::normalize(mean, stddev, in, out, shape);
  }
  bool pointwise() const override { return true; }
  /// float32 [channels, 1, 1].
  Tensor mean, stddev;
};

extern template class ImageTransform<Tensor>;
extern template class Normalize<Tensor>;

/// Base of the random transforms. The seed defaults to that of the default generator at construction.
template <class Self>
class RandomImageTransform : public ImageTransform<> {
 public:
  uint64_t seed() const { return seed_; }
  Self& seed(uint64_t seed) {
    seed_ = seed;
    return static_cast<Self&>(*this);
  }

 protected:
  RandomImageTransform() : seed_(default_generator().initial_seed()) {}
  uint64_t seed_;
};

/// Shifts by integer pixels, uniform in [-max_x, max_x] and [-max_y, max_y]; new pixels are 0.
class RandomShift : public RandomImageTransform<RandomShift> {
 public:
  /// Throws ValueError for a negative shift.
  explicit RandomShift(int64_t max_shift) : RandomShift(max_shift, max_shift) {}
  RandomShift(int64_t max_x, int64_t max_y);
  void run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const override;
  bool moves() const override { return true; }
  void move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const override;

 private:
  template <class T>
  void shift(const T* in, T* out, const ImageShape& shape, const SampleKey& key) const;
  int64_t max_x_, max_y_;
};

/// Crops to `size` (an integer, or {height, width}) at a uniformly drawn position, after padding with `padding` zeros
/// on every side: [C, H, W] -> [C, height, width].
class RandomCrop : public RandomImageTransform<RandomCrop> {
 public:
  /// Throws ValueError for sizes below 1 or a negative padding.
  explicit RandomCrop(IntArrayRef size, int64_t padding = 0);
  /// Throws ShapeError for padded images smaller than the crop.
  ImageShape output_shape(const ImageShape& in) const override;
  void run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const override;
  bool moves() const override { return true; }
  void move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const override;

 private:
  template <class T>
  void crop(const T* in, T* out, const ImageShape& shape, const SampleKey& key) const;
  int64_t height_, width_, padding_;
};

/// Rotates about the centre by an angle uniform in [-degrees, degrees], with bilinear interpolation; new pixels are 0.
class RandomRotation : public RandomImageTransform<RandomRotation> {
 public:
  /// Throws ValueError unless degrees is in [0, 180].
  explicit RandomRotation(double degrees);
  void run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const override;

 private:
  double degrees_;
};

}  // namespace weft::data::transforms
