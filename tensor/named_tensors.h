// Tensors and texts by name: what modules, optimizers and schedulers hand out to be saved and take back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft {

/// Tensors with their names, in an order that means something (that of declaration, for a module's parameters).
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
/// Texts by name. Numbers are written so that they read back as the same bits.
using Metadata = std::map<std::string, std::string>;

/// The state of something: its tensors, and its numbers and settings as text.
struct StateDict {
  NamedTensors tensors;
  Metadata metadata;
  /// The tensor of that name, or null.
  const Tensor* find(std::string_view name) const;
  /// The tensor of that name. Throws StateError when there is none.
  const Tensor& at(std::string_view name) const;
};

/// The shortest text that reads back as the same number.
std::string to_text(double value);
std::string to_text(int64_t value);
/// The number or text kept under `key`. Throws StateError naming the key when it is missing or no such number.
double double_at(const Metadata& metadata, const std::string& key);
int64_t int_at(const Metadata& metadata, const std::string& key);
const std::string& text_at(const Metadata& metadata, std::string_view key);

/// Adds the entries of `part` to `whole` under "prefix/name"; subtree gives the entries under a prefix back.
void add_subtree(StateDict& whole, const std::string& prefix, const StateDict& part);
StateDict subtree(const StateDict& whole, const std::string& prefix);

}  // namespace weft
