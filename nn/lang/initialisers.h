// The initialisers that the language knows: rows over the functions of nn::init.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/nn/lang/table.h"

namespace weft::nn::lang {

/// A row: name, numbers with their defaults, and what fills a tensor.
struct InitialiserRow {
  std::string name;
  std::vector<Field> numbers;
  std::string what;
  int least_dims, most_dims;  ///< of the tensors it can fill
  void (*fill)(Tensor tensor, const std::vector<double>& numbers);
  bool is_range = false;  ///< the first number must not be above the second
};

const std::vector<InitialiserRow>& initialisers();
/// Throws ValueError, naming the nearest, where there is none; `where` is the layer's name.
const InitialiserRow& initialiser_of(std::string_view where, std::string_view name);
/// Throws ShapeError where the initialiser cannot fill a tensor of so many dimensions; `layer` and `field` name it.
void check_initialiser(std::string_view layer, std::string_view field, const Value& value, int dims);
/// Fills the tensor; what the value leaves out is the row's default.
void fill(const Tensor& tensor, const Value& value);

}  // namespace weft::nn::lang
