// The description of a model as data: values, layers, chains of layers, and their text. docs/model-language.md
// describes the language.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/nn/options.h"

namespace weft::nn::lang {

/// The value of an argument or option: numbers (`32`, `3x5`), a word (`reflect`), both (`normal 0.1`), or neither (a
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

/// Position of a layer in its text, counted from 1; line 0: it was not read from a text.
struct Place {
  int line = 0, column = 0;
};

struct LayerSpec;

/// Layers, each applied to the result of the previous one. A complete model begins with `input`; without it a chain is
/// a part: a branch, or a continuation of a model.
struct Chain {
  Chain() = default;
  Chain(std::vector<LayerSpec> layers);  // NOLINT
  Chain(LayerSpec layer);                // NOLINT
  Chain(std::string_view text);          // NOLINT: read by the language's rules
  Chain(const char* text);               // NOLINT
  Chain(const std::string& text);        // NOLINT
  bool operator==(const Chain& other) const;
  /// The canonical text, which parses back to an equal chain.
  std::string text() const;

  std::vector<LayerSpec> layers;
};

/// One layer. Values equal to their defaults are dropped; the others are in the order of the layer's row, checked and
/// in their shortest form, so that equal layers compare equal however they were described.
struct LayerSpec {
  std::string layer;
  std::string name;  ///< "" if it is known by its position
  std::vector<std::pair<std::string, Value>> values;
  std::vector<Chain> branches;
  Place place;

  /// Compares descriptions; the place does not count.
  bool operator==(const LayerSpec& other) const;
  const Value* find(std::string_view field) const;
  /// "conv 32 5 same", branches as "(...)".
  std::string head() const;
  /// The complete canonical text.
  std::string text() const;
};

/// The layers of both, in order.
Chain operator|(Chain a, const Chain& b);

/// A layer of the table with its arguments in order. Throws ValueError for an unknown layer and for values that are
/// missing, too many or out of range.
LayerSpec make_layer(std::string_view layer, std::vector<Value> arguments, std::vector<Chain> branches = {});
/// Sets an option and replaces an earlier value. Throws ValueError if the layer has no option of that name.
void set_option(LayerSpec& layer, std::string_view option, Value value);
/// Names a layer. Throws ValueError unless the name is letters, digits and _, starting with a letter.
void set_name(LayerSpec& layer, std::string_view name);

/// Parses a chain. Throws ValueError with line, column, layer and the expected values.
Chain read(std::string_view text);

}  // namespace weft::nn::lang
