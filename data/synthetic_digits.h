// SyntheticDigits: handwritten-like 28x28 digits, drawn from strokes.
#pragma once

#include "weft/data/image_dataset.h"

namespace weft::data {

/// How far synthetic digits stray from their templates; 1 is the default of each, 0 none.
struct SyntheticDigitsOptions {
  double wobble = 1;      ///< of the points of the strokes
  double distortion = 1;  ///< smooth bending of the whole
  double slant = 1;       ///< shear, rotation and proportions
  double pen = 1;         ///< spread of the pen's width
};

namespace datasets {

/// Any number of digits, labels in even shares. Sample i depends on seed and i alone: the first 100 of 1000 are the 100
/// of the same seed, whatever the number of threads. As in MNIST a digit fills a 20x20 box, anti-aliased, and its
/// centre of mass lies at the centre of the 28x28 image. docs/synthetic-digits.md tells how they are drawn.
class SyntheticDigits : public ImageDataset<SyntheticDigits> {
 public:
  explicit SyntheticDigits(size_t count, uint64_t seed = 0, const SyntheticDigitsOptions& options = {});
};

extern template class Dataset<SyntheticDigits>;
extern template class ImageDataset<SyntheticDigits>;

}  // namespace datasets
}  // namespace weft::data
