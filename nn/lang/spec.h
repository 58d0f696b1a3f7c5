// The description of a model as data: values, layers, chains of layers, and their text. docs/model-language.md tells
// the language.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/nn/options.h"

namespace weft::nn::lang {

/// What an argument or option is given: numbers (`32`, `3x5`), a word (`reflect`), both (`normal 0.1`), or neither (a
/// flag that is set).
struct Value {
  Value() = default;
  template <class N>
  requires std::integral<N> || std::floating_point<N> Value(N number)  // NOLINT
      : numbers{static_cast<double>(number)} {}
  template <size_t D>
  Value(const ExpandingArray<D>& sizes) : numbers(sizes.begin(), sizes.end()) {}  // NOLINT
  Value(const std::vector<int64_t>& list) : numbers(list.begin(), list.end()) {}  // NOLINT
  Value(std::string text, std::vector<double> list = {})                          // NOLINT
      : word(std::move(text)), numbers(std::move(list)) {}
  Value(const char* text) : word(text) {}  // NOLINT
  bool operator==(const Value&) const = default;

  std::string word;
  std::vector<double> numbers;
};

/// Where a layer stands in its text, both from 1; line 0: it was not read from a text.
struct Place {
  int line = 0, column = 0;
};

struct LayerSpec;

/// Layers, each working on the result of the one before. A whole model begins with `input`; without it a chain is a
/// part: a branch, or what a model is continued with.
struct Chain {
  Chain() = default;
  Chain(std::vector<LayerSpec> layers);  // NOLINT
  Chain(LayerSpec layer);                // NOLINT
  Chain(std::string_view text);          // NOLINT: read by the language's rules
  Chain(const char* text);               // NOLINT
  Chain(const std::string& text);        // NOLINT
  bool operator==(const Chain& other) const;
  /// The canonical text, which reads back as an equal chain.
  std::string text() const;

  std::vector<LayerSpec> layers;
};

/// One layer. Values are those that differ from their defaults, in the order of the layer's row in the table, each
/// checked and in its shortest form: whatever face described a layer, equal layers compare equal.
struct LayerSpec {
  std::string layer;
  std::string name;  ///< "" where it is known by its position
  std::vector<std::pair<std::string, Value>> values;
  std::vector<Chain> branches;
  Place place;

  /// Of what is described; the place does not count.
  bool operator==(const LayerSpec& other) const;
  const Value* find(std::string_view field) const;
  /// "conv 32 5 same", branches as "(...)".
  std::string head() const;
  /// The whole canonical text.
  std::string text() const;
};

/// The layers of both, one after the other.
Chain operator|(Chain a, const Chain& b);

/// A layer of the table with its arguments in order. Throws ValueError for an unknown layer and for values that are
/// missing, too many or outside their range.
LayerSpec make_layer(std::string_view layer, std::vector<Value> arguments, std::vector<Chain> branches = {});
/// Gives an option, in the place of an earlier value. Throws ValueError where the layer has none of that name.
void set_option(LayerSpec& layer, std::string_view option, Value value);
/// Names a layer. Throws ValueError unless it is letters, digits and _, a letter first.
void set_name(LayerSpec& layer, std::string_view name);

/// Reads a chain. Throws ValueError naming line and column, layer and what was expected.
Chain read(std::string_view text);

}  // namespace weft::nn::lang
