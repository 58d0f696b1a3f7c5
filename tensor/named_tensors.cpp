// Lookups in a StateDict, and conversion of numbers to text.
#include "weft/tensor/named_tensors.h"

#include <charconv>

namespace weft {

const Tensor* StateDict::find(std::string_view name) const {
  for (const auto& entry : tensors)
    if (entry.first == name) return &entry.second;
  return nullptr;
}

const Tensor& StateDict::at(std::string_view name) const {
  const Tensor* t = find(name);
  check<StateError>(t, "[state] no tensor '{}' among {}", name, tensors.size());
  return *t;
}

std::string to_text(double value) { return fmt::format("{}", value); }
std::string to_text(int64_t value) { return fmt::format("{}", value); }

const std::string& text_at(const Metadata& metadata, std::string_view key) {
  auto found = metadata.find(std::string(key));
  check<StateError>(found != metadata.end(), "[state] entry '{}' is missing", key);
  return found->second;
}

namespace {
template <class T>
T number_at(const Metadata& metadata, const std::string& key, const char* kind) {
  const std::string& text = text_at(metadata, key);
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check<StateError>(error == std::errc() && end == text.data() + text.size(), "[state] entry '{}' is '{}', not {}", key,
                    text, kind);
  return value;
}
}  // namespace

double double_at(const Metadata& metadata, const std::string& key) {
  return number_at<double>(metadata, key, "a number");
}
int64_t int_at(const Metadata& metadata, const std::string& key) {
  return number_at<int64_t>(metadata, key, "an integer");
}

void add_subtree(StateDict& whole, const std::string& prefix, const StateDict& part) {
  for (const auto& [name, tensor] : part.tensors) whole.tensors.emplace_back(prefix + "/" + name, tensor);
  for (const auto& [key, text] : part.metadata) whole.metadata[prefix + "/" + key] = text;
}

StateDict subtree(const StateDict& whole, const std::string& prefix) {
  const std::string start = prefix + "/";
  StateDict part;
  for (const auto& [name, tensor] : whole.tensors)
    if (name.starts_with(start)) part.tensors.emplace_back(name.substr(start.size()), tensor);
  for (const auto& [key, text] : whole.metadata)
    if (key.starts_with(start)) part.metadata[key.substr(start.size())] = text;
  return part;
}

}  // namespace weft
