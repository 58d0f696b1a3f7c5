// The one-pass image batch: a list of byte images and the steps that make a float batch of them, run in one parallel
// pass. Data sets that keep their images as bytes fill the list, transforms that are an ImageStage are its steps.
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

/// Which sample of which epoch is being made: the counter of a random transform's numbers.
struct SampleKey {
  uint64_t epoch = 0, sample = 0;
};

/// One step of the pass: makes one image of another. Runs on several threads at once.
class ImageStage {
 public:
  virtual ~ImageStage() = default;
  /// The sizes of the result. Throws ShapeError for images the stage does not take.
  virtual ImageShape output_shape(const ImageShape& in) const { return in; }
  /// `in` and `out` are contiguous [channels, height, width] and do not overlap. Pixels are in [0, 1] unless a stage
  /// before changed that.
  virtual void run(const float* in, float* out, const ImageShape& shape, const SampleKey& key) const = 0;
  /// True when a result pixel depends only on the pixel at its place and on the channel: folded into a table of 256
  /// values.
  virtual bool pointwise() const { return false; }
  /// True when pixels are only moved, and what is filled in is 0: `move` may then run on bytes.
  virtual bool moves() const { return false; }
  virtual void move(const uint8_t* in, uint8_t* out, const ImageShape& shape, const SampleKey& key) const;

  void add_stages(std::vector<const ImageStage*>& stages) const { stages.push_back(this); }
};

/// A batch to be made: where its images lie, their targets, and the steps with the sample number each step sees.
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

/// Makes the batch: data float32 [N, C, H, W], target int64 [N]; value v of a byte counts as v / 255.
Example<> run_plan(const ImagePlan& plan, uint64_t epoch);

/// A data set that lists its byte images, without steps.
template <class D>
concept LendsImages = requires(const D& d, ImagePlan& plan, ArrayRef<size_t> indices) {
  d.lend(plan, indices);
};
/// A data set that lists its byte images and the steps upon them.
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
