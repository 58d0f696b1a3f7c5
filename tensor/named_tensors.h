// Tensors and texts by name: the saved state of modules, optimizers and schedulers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft {

/// Tensors with their names, in a meaningful order (for a module's parameters, that of declaration).
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
/// Texts by name. Numbers are written so that they read back with the same bits.
using Metadata = std::map<std::string, std::string>;

/// A saved state: tensors, and numbers and settings as text.
struct StateDict {
  NamedTensors tensors;
  Metadata metadata;
  /// The tensor with this name, or null.
  const Tensor* find(std::string_view name) const;
  /// The tensor with this name. Throws StateError if there is none.
  const Tensor& at(std::string_view name) const;
};

/// The shortest text that reads back as the same number.
std::string to_text(double value);
std::string to_text(int64_t value);
/// The number or text stored under `key`. Throws StateError with the key if it is missing or not such a number.
double double_at(const Metadata& metadata, const std::string& key);
int64_t int_at(const Metadata& metadata, const std::string& key);
const std::string& text_at(const Metadata& metadata, std::string_view key);

/// Adds the entries of `part` to `whole` under "prefix/name"; subtree extracts the entries under a prefix.
void add_subtree(StateDict& whole, const std::string& prefix, const StateDict& part);
StateDict subtree(const StateDict& whole, const std::string& prefix);

}  // namespace weft
