#include "weft/train/digits.h"

#include "weft/data/location.h"
#include "weft/data/mnist.h"
#include "weft/data/synthetic_digits.h"

namespace weft::train {
namespace {

template <class Set>
Digits digits_of(const Set& set) {
  return Digits({set.pixels(), set.targets()});
}

}  // namespace

DigitSets load_digits(const std::optional<std::string>& dir) {
  using data::datasets::MNIST;
  using data::datasets::SyntheticDigits;
  data::MnistLocation place = data::find_mnist(dir);
  if (place.folder)
    return {digits_of(MNIST(*place.folder, MNIST::Mode::kTrain)), digits_of(MNIST(*place.folder, MNIST::Mode::kTest)),
            false, "MNIST from " + *place.folder};
  check<IoError>(!dir, "[data] {}", place.explanation);
  return {digits_of(SyntheticDigits(60000, 1)), digits_of(SyntheticDigits(10000, 2)), true,
          "generated digits (" + place.explanation + ")"};
}

Digits first(const Digits& digits, int64_t count) {
  const int64_t size = digits.targets().size(0);
  check<ValueError>(count >= 1 && count <= size, "[data] the first {} images of a set of {}", count, size);
  return Digits({digits.pixels().slice(0, 0, count), digits.targets().slice(0, 0, count)});
}

}  // namespace weft::train
