// Builds image batches in one pass: a list of byte images and the steps that convert them to a float batch in one
// parallel pass. Data sets that store bytes fill the list; transforms that are an ImageStage are its steps.
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "weft/data/array_ref.h"
#include "weft/data/example.h"

namespace weft::data {

/// Sizes of one image, channels first.
struct ImageShape {
  int64_t channels = 0, height = 0, width = 0;
  int64_t pixels() const { return height * width; }
  int64_t numel() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

/// Identifies a sample of an epoch: the counter of a random transform's random numbers.
struct SampleKey {
  uint64_t epoch = 0, sample = 0;
};

/// One step of the pass: converts one image to another. Called on several threads at once.
class ImageStage {
 public:
  virtual ~ImageStage() = default;
  /// The sizes of the result. Throws ShapeError for unsupported sizes.
  virtual ImageShape output_shape(const ImageShape& in) const { return in; }
  /// `in` and `out` are contiguous [channels, height, width] and do not overlap. Pixels are in [0, 1] unless an earlier
  /// stage changed that.
  virtual void run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const = 0;
  /// True if a result pixel depends only on the pixel at the same position and on the channel: the stage is folded into
  /// a table of 256 values.
  virtual bool pointwise() const { return false; }
  /// True if pixels are only moved and the fill value is 0: `move` may then run on bytes.
  virtual bool moves() const { return false; }
  virtual void move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const;

  void add_stages(std::vector<const ImageStage*>& stages) const { stages.push_back(this); }
};

/// A batch to build: addresses of its images, their targets, and the steps with the sample number that each step sees.
struct ImagePlan {
  struct Step {
    const ImageStage* stage;
    std::vector<size_t> samples;
  };
  ImageShape shape;
  std::vector<const uint8_t*> images;
  std::vector<int64_t> targets;
  std::vector<Step> steps;
};

/// Builds the batch: data float32 [N, C, H, W], target int64 [N]; a byte v becomes v / 255.
Example<> run_plan(const ImagePlan& plan, uint64_t epoch);

/// A data set that lists its byte images, without steps.
template <class D>
concept LendsImages = requires(const D& d, ImagePlan& plan, ArrayRef<size_t> indices) {
  d.lend(plan, indices);
};
/// A data set that lists its byte images and their steps.
template <class D>
concept PlansImages = LendsImages<D> || requires(const D& d, ImagePlan& plan, ArrayRef<size_t> indices) {
  d.plan(plan, indices);
};
/// A transform that is one or several steps of the pass.
template <class T>
concept HasStages = requires(const T& t, std::vector<const ImageStage*>& stages) {
  t.add_stages(stages);
};

template <PlansImages D>
void plan_images(const D& dataset, ImagePlan& plan, ArrayRef<size_t> indices) {
  if constexpr (LendsImages<D>)
    dataset.lend(plan, indices);
  else
    dataset.plan(plan, indices);
}

}  // namespace weft::data
