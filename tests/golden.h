// Reads the golden numbers of tests/golden, and compares results with them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "weft/tensor/safetensors.h"
#include "weft/tensor/tensor.h"

namespace weft::test {

using Json = nlohmann::json;
using TensorMap = std::map<std::string, Tensor>;

inline std::string golden_path(const std::string& file) { return std::string(WEFT_TEST_DIR "/golden/") + file; }

inline Json read_json(const std::string& file) {
  std::ifstream in(golden_path(file));
  check<IoError>(in.good(), "[golden] {} cannot be read", golden_path(file));
  return Json::parse(in);
}

inline TensorMap read_tensors(const std::string& file) {
  TensorMap map;
  for (auto& [name, tensor] : load_safetensors(golden_path(file)).tensors) map[name] = tensor;
  return map;
}

/// Describes where `got` violates |got - want| <= tolerance * (|want| + max|want|), or where its sizes or dtype kind
/// differ; else "". Integers must be equal. An undefined `got` counts as zeros.
inline std::string difference(const Tensor& got, const Tensor& want, double tolerance) {
  if (got.defined() && !(got.sizes() == want.sizes()))
    return fmt::format("sizes {} instead of {}", got.sizes(), want.sizes());
  if (got.defined() && got.is_floating_point() != want.is_floating_point())
    return fmt::format("dtype {} instead of {}", got.dtype(), want.dtype());
  const Tensor w = want.detach().to(kFloat64).contiguous();
  const Tensor g = got.defined() ? got.detach().to(kFloat64).contiguous() : w * 0;
  const double *pw = w.data_ptr<double>(), *pg = g.data_ptr<double>();
  double largest = 0;
  for (int64_t i = 0; i < w.numel(); ++i) largest = std::max(largest, std::abs(pw[i]));
  const double too_small = 1e-38;  // for the golden files, which hold float32
  const double scale = want.is_floating_point() ? tolerance : 0;
  for (int64_t i = 0; i < w.numel(); ++i)
    if (!(std::abs(pg[i] - pw[i]) <= scale * (std::abs(pw[i]) + largest) + too_small) &&
        !(std::isnan(pg[i]) && std::isnan(pw[i])))
      return fmt::format("element {} is {:.9g} instead of {:.9g}", i, pg[i], pw[i]);
  return "";
}

}  // namespace weft::test
