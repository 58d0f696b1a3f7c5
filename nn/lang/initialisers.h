// Initialisers of the model language: rows over the functions of nn::init.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/nn/lang/table.h"

namespace weft::nn::lang {

/// A row: name, arguments with their defaults, and the function that fills a tensor.
struct InitialiserRow {
  std::string name;
  std::vector<Field> numbers;
  std::string what;
  int least_dims, most_dims;  ///< dimensions of the tensors it can fill
  void (*fill)(Tensor tensor, const std::vector<double>& numbers);
  bool is_range = false;  ///< the first argument must not exceed the second
};

const std::vector<InitialiserRow>& initialisers();
/// Throws ValueError for an unknown name and suggests the nearest; `where` is the layer's name.
const InitialiserRow& initialiser_of(std::string_view where, std::string_view name);
/// Throws ShapeError if the initialiser cannot fill a tensor of `dims` dimensions; `layer` and `field` go into the
/// error.
void check_initialiser(std::string_view layer, std::string_view field, const Value& value, int dims);
/// Fills the tensor; arguments missing in the value take the row's defaults.
void fill(const Tensor& tensor, const Value& value);

}  // namespace weft::nn::lang
