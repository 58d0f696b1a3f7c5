// The table of layers of the language. Both faces, the canonical text, size inference, the builder, summary and the
// reference in docs/model-language.md read it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/nn/container.h"
#include "weft/nn/lang/spec.h"

namespace weft::nn::lang {

/// An argument (given by position) or an option (given by name) of a layer.
struct Field {
  enum class Kind : uint8_t {
    Flag,        ///< present or not
    Whole,       ///< an integer
    Number,      ///< a number
    Sizes,       ///< an integer, or one per dimension: 3x5
    List,        ///< all following numbers; only as the last argument
    Word,        ///< one of some words
    Initialiser  ///< a row of the table of initialisers with its arguments, or a number for a constant
  };
  Kind kind;
  std::string name;
  double least = 0, most = 0;  ///< range of each number
  size_t count = 1;            ///< the largest count of numbers in Sizes and List
  std::vector<std::string> words;
  std::optional<Value> default_value;  ///< the default; without one an argument is required, an option may be absent
  std::string note;                    ///< for the docs

  Field defaults_to(Value value) const;
  /// Sets a sentence for the docs.
  Field says(std::string note) const;
};

/// The largest number of features, the largest kernel, stride or padding, and the largest value of any other number.
inline constexpr double kMostFeatures = 1e9, kMostExtent = 65536, kMostNumber = 1e6;
inline constexpr size_t kMostDims = 8;
/// The deepest nesting of branches.
inline constexpr int kMostDepth = 32;
inline constexpr size_t kAnyBranchCount = 64;
/// The initialiser used for a lone number.
inline constexpr const char* kConstant = "constant";

Field flag(std::string name);
Field whole(std::string name, double least = 1, double most = kMostFeatures);
Field number(std::string name, double least, double most);
Field sizes(std::string name, size_t count = 2, double least = 1, double most = kMostExtent);
Field list(std::string name, double least = 1, double most = kMostFeatures, size_t count = kMostDims);
Field word(std::string name, std::vector<std::string> words);
Field initialiser(std::string name);

/// The output of a layer for one sample. Sizes are without the batch dimension.
struct Plan {
  Dims output;
  int64_t parameters = 0;  ///< its own, without those of its branches
  double flop = 0;         ///< of one sample's forward; a multiplication and an addition count two
};

struct LayerRow;
class Walk;

/// The view of a layer that its row's functions get: its values (given or default), the input sizes, and its branches.
/// Access to a field that the row does not have throws StateError.
class LayerCall {
 public:
  LayerCall(const LayerSpec& spec, const LayerRow& row, const Dims& input, Walk& walk);

  const std::string& name() const;
  /// Sizes of one sample.
  const Dims& input() const { return input_; }
  /// True if the field has a value, given or default.
  bool has(std::string_view field) const { return find(field) != nullptr; }
  bool flag(std::string_view field) const { return has(field); }
  int64_t whole(std::string_view field) const { return static_cast<int64_t>(number(field)); }
  double number(std::string_view field) const { return get(field).numbers.at(0); }
  const std::string& word(std::string_view field) const { return get(field).word; }
  std::vector<int64_t> list(std::string_view field) const;
  /// D numbers; a single one is used for all.
  template <size_t D>
  ExpandingArray<D> sizes(std::string_view field) const {
    const std::vector<int64_t> given = list(field);
    return given.size() == 1 ? ExpandingArray<D>(given[0]) : ExpandingArray<D>(given);
  }
  /// Converts a dimension of the batch ([N, ...]: 1 is the sample's first, -1 the last) to one of the sample, from 0.
  /// Throws ShapeError if it is out of range.
  size_t axis(std::string_view field) const;
  /// Throws ShapeError if the initialiser given as `field`, if any, cannot fill tensors of `dims` dimensions.
  void check_initialiser(std::string_view field, int dims) const;
  /// Fills the tensor with the initialiser of `field`.
  void initialise(const Tensor& tensor, std::string_view field) const;

  size_t branches() const { return spec_.branches.size(); }
  /// The output sizes of a branch for the input sizes `in`. `key` is the name under which its module will be
  /// registered.
  Dims plan_branch(size_t i, const std::string& key, const Dims& in) const;
  /// Builds the branch's module for these sizes.
  Sequential build_branch(size_t i, const std::string& key, const Dims& in) const;

 private:
  const Value* find(std::string_view field) const;
  const Value& get(std::string_view field) const;
  const LayerSpec& spec_;
  const LayerRow& row_;
  const Dims& input_;
  Walk& walk_;
  const LayerRow* maker_;  // of the input elements
};

struct BranchCount {
  size_t least = 0, most = 0;
  bool in_series = false;  ///< each branch gets the previous result, as in `repeat`; else all get the input
};

/// The elements that a layer accepts.
enum class Takes : uint8_t {
  Floats,  ///< computes floats from floats
  Any,     ///< rearranges elements, or leaves them to its branches
  Whole    ///< reads integers (int64), which only a sample has, and computes floats
};

/// A row of the table.
struct LayerRow {
  std::string name = {};
  std::string what = {};    ///< a sentence for the docs
  std::string shapes = {};  ///< for the docs: "[C, H, W] -> [C r, H / r, W / r]"
  std::vector<Field> arguments = {}, options = {};
  BranchCount branches = {};
  Takes takes = Takes::Floats;
  /// Computes sizes, parameters and cost. Throws ShapeError or ValueError, beginning with the layer's name in brackets,
  /// for an invalid layer. Without it the layer is built and run on a batch of zeros.
  std::function<Plan(const LayerCall&)> plan = {};
  std::function<AnyModule(const LayerCall&)> build = {};

  const Field* argument(std::string_view field) const;
  const Field* option(std::string_view field) const;
  /// The end of an error message about a wrong option.
  std::string options_hint(std::string_view wrong) const;
};

/// The row of that name; throws ValueError for an unknown name and suggests the nearest. The reference stays valid.
const LayerRow& row_of(std::string_view name);
const LayerRow* find_row(std::string_view name);
/// All rows, built-in ones first.
std::vector<const LayerRow*> rows();
/// Adds a row. Throws ValueError if its name is not a word or taken, if it has no `build`, or if it has chains, takes
/// Takes::Any, and has no `plan`.
void add_row(LayerRow row);

/// Adds a layer to the language, for a variable at namespace scope:
///
///     static const nn::LayerRegistration scale({.name = "scale", .arguments = {nn::lang::number("by", -10, 10)}},
///                                              [](const nn::LayerCall& c) { return Scale(c.number("by")); });
///
/// The function returns a module's holder or shared pointer.
class LayerRegistration {
 public:
  template <class Build>
  LayerRegistration(LayerRow row, Build build) {
    row.build = [build](const LayerCall& call) { return nn::detail::to_any(build(call)); };
    add_row(std::move(row));
  }
};

/// The value in its shortest form. Throws ValueError, beginning with `layer` in brackets, if it does not fit the field.
Value checked(std::string_view layer, const Field& field, Value value);
/// ": conv channels kernel", the end of an error message about wrong arguments.
std::string usage_of(const LayerRow& row);

}  // namespace weft::nn::lang

namespace weft::nn {
using lang::LayerCall;
using lang::LayerRegistration;
}  // namespace weft::nn
