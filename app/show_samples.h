// The output of `weft show` for samples: their values, and pictures in the terminal or on a contact sheet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/tensor/tensor.h"

namespace command {

/// The options of `weft show`.
struct ShowRequest {
  std::string what, augment;
  std::optional<std::string> out, scale;
  int64_t most = 10, first = 0;
  bool numbers = false, flat = false, one_hot = false;
  /// The range of the requested samples among `size`. Throws ValueError if it is empty.
  std::pair<int64_t, int64_t> range(int64_t size) const;
};

/// Images, uint8 [N, H, W] or [N, C, H, W], or rows of numbers, with their metadata.
struct Shown {
  weft::Tensor data, target;             ///< int64 [N], or none
  std::vector<std::string> class_names;  ///< of all classes in the target
  weft::Tensor trained_on;               ///< the data that scales are computed from, if not `data`
};

/// "rows: float32 [150, 4], 0.1 to 7.9, mean ..., deviation ..."
void print_facts(const std::string& what, const weft::Tensor& t);
/// "0.1 to 7.9, mean 3.4645, deviation 1.97382"
std::string range_of(const weft::Tensor& t);
/// Prints the number of samples of each class.
void print_classes(const weft::Tensor& target, const std::vector<std::string>& names);
/// Prints the values of one sample: an image by its rows, or all in one line. A line longer than `room` shows only
/// the first ones.
void print_numbers(const weft::Tensor& sample, bool flat, size_t room = SIZE_MAX);
/// Prints a class as its id or as a one-hot vector.
void print_class(const weft::Tensor& target, int64_t sample, bool one_hot, size_t classes);
/// Throws ValueError for options that do not apply to such samples.
void show_samples(const ShowRequest& request, const Shown& shown);

}  // namespace command
