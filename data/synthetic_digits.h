// SyntheticDigits: handwritten-like 28x28 digits, drawn from strokes.
#pragma once

#include "weft/data/image_dataset.h"

namespace weft::data {

/// Strength of the distortions of synthetic digits; 1 is the default of each, 0 disables it.
struct SyntheticDigitsOptions {
  double wobble = 1;      ///< of the points of the strokes
  double distortion = 1;  ///< smooth bending of the digit
  double slant = 1;       ///< shear, rotation and proportions
  double pen = 1;         ///< spread of the pen's width
};

namespace datasets {

/// Any number of digits, labels in equal shares. Sample i depends only on seed and i: the first 100 of 1000 are the 100
/// with the same seed, for any number of threads. As in MNIST a digit fills a 20x20 box, anti-aliased, and its centre
/// of mass is at the centre of the 28x28 image. docs/synthetic-digits.md describes how they are drawn.
class SyntheticDigits : public ImageDataset<SyntheticDigits> {
 public:
  explicit SyntheticDigits(size_t count, uint64_t seed = 0, const SyntheticDigitsOptions& options = {});
};

extern template class Dataset<SyntheticDigits>;
extern template class ImageDataset<SyntheticDigits>;

}  // namespace datasets
}  // namespace weft::data
