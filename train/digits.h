// The digits on which the programs of models/ train.
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
  bool generated;           ///< drawn by SyntheticDigits because MNIST was not found
  std::string description;  ///< one sentence for the user
};

/// MNIST from `dir`, else $WEFT_DATA, else the cache folder; if it is in none of them, 60,000 and 10,000 generated
/// digits. Throws IoError for damaged files, and for a given `dir` without MNIST.
DigitSets load_digits(const std::optional<std::string>& dir = {});

/// The first `count` digits, sharing their memory. Throws ValueError if there are fewer.
Digits first(const Digits& digits, int64_t count);

}  // namespace weft::train
