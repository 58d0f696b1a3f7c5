// The digits that the programs of models/ train on.
#pragma once

#include "weft/data/image_dataset.h"

namespace weft::train {

/// Labelled 28x28 digits, from MNIST's files or generated.
class Digits : public data::datasets::ImageDataset<Digits> {
 public:
  explicit Digits(data::datasets::ImageBytes bytes) : ImageDataset(std::move(bytes)) {}
};

struct DigitSets {
  Digits train, test;
  bool generated;           ///< drawn by SyntheticDigits because no MNIST was found
  std::string description;  ///< one sentence for the user
};

/// MNIST from `dir`, else $WEFT_DATA, else the cache folder; where it is in none of them, 60,000 and 10,000 generated
/// digits. Throws IoError for damaged files, and for a `dir` that was named but holds no MNIST.
DigitSets load_digits(const std::optional<std::string>& dir = {});

/// The first `count` of them, sharing their memory. Throws ValueError unless there are as many.
Digits first(const Digits& digits, int64_t count);

}  // namespace weft::train
