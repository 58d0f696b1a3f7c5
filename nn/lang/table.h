// The table of layers: what the language knows of each. Both faces, the canonical text, the inference of sizes, the
// builder, summary and the reference in docs/model-language.md read it.
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

/// An argument (given by its position) or option (given by its name) of a layer.
struct Field {
  enum class Kind : uint8_t {
    Flag,        ///< given or not
    Whole,       ///< a whole number
    Number,      ///< a number
    Sizes,       ///< a whole number, or one per dimension: 3x5
    List,        ///< all numbers that follow; the last argument only
    Word,        ///< one of some words
    Initialiser  ///< a row of the table of initialisers with its numbers, or a number for a constant
  };
  Kind kind;
  std::string name;
  double least = 0, most = 0;  ///< of every number
  size_t count = 1;            ///< most numbers of Sizes and List
  std::vector<std::string> words;
  std::optional<Value> usual;  ///< the default; an argument without must be given, an option may be absent
  std::string note;            ///< for the docs

  Field defaults_to(Value value) const;
  /// A sentence for the docs.
  Field says(std::string note) const;
};

/// The largest number of features and the like, of kernels, strides and paddings, and of any other number.
inline constexpr double kMostFeatures = 1e9, kMostExtent = 65536, kMostNumber = 1e6;
inline constexpr size_t kMostDims = 8;
/// How deep branches may lie in branches.
inline constexpr int kMostDepth = 32;
inline constexpr size_t kAnyBranchCount = 64;
/// The initialiser that a number alone stands for.
inline constexpr const char* kConstant = "constant";

Field flag(std::string name);
Field whole(std::string name, double least = 1, double most = kMostFeatures);
Field number(std::string name, double least, double most);
Field sizes(std::string name, size_t count = 2, double least = 1, double most = kMostExtent);
Field list(std::string name, double least = 1, double most = kMostFeatures, size_t count = kMostDims);
Field word(std::string name, std::vector<std::string> words);
Field initialiser(std::string name);

/// What a layer makes of one sample. Sizes are without the batch dimension.
struct Plan {
  Dims output;
  int64_t parameters = 0;  ///< its own: those of branches count by themselves
  double flop = 0;         ///< of one sample's forward; a multiplication and an addition count two
};

struct LayerRow;
class Walk;

/// A layer as its row's functions see it: the values given or defaulted, the sizes that come in, and its branches.
/// Asking for a field that the row has not throws StateError.
class LayerCall {
 public:
  LayerCall(const LayerSpec& spec, const LayerRow& row, const Dims& input, Walk& walk);

  const std::string& name() const;
  /// Sizes of one sample.
  const Dims& input() const { return input_; }
  /// Whether the field has a value, given or defaulted.
  bool has(std::string_view field) const { return find(field) != nullptr; }
  bool flag(std::string_view field) const { return has(field); }
  int64_t whole(std::string_view field) const { return static_cast<int64_t>(number(field)); }
  double number(std::string_view field) const { return get(field).numbers.at(0); }
  const std::string& word(std::string_view field) const { return get(field).word; }
  std::vector<int64_t> list(std::string_view field) const;
  /// D numbers; a lone one stands for all.
  template <size_t D>
  ExpandingArray<D> sizes(std::string_view field) const {
    const std::vector<int64_t> given = list(field);
    return given.size() == 1 ? ExpandingArray<D>(given[0]) : ExpandingArray<D>(given);
  }
  /// A dimension of the batch ([N, ...]: 1 is the sample's first, -1 the last) as one of the sample, from 0. Throws
  /// ShapeError for another.
  size_t axis(std::string_view field) const;
  /// Throws ShapeError where the initialiser given as `field`, if any, is not for tensors of so many dimensions.
  void check_initialiser(std::string_view field, int dims) const;
  /// Fills the tensor by it.
  void initialise(const Tensor& tensor, std::string_view field) const;

  size_t branches() const { return spec_.branches.size(); }
  /// What a branch makes of these sizes. `key` is the one under which its module will be registered.
  Dims plan_branch(size_t i, const std::string& key, const Dims& in) const;
  /// Its module for these sizes.
  Sequential build_branch(size_t i, const std::string& key, const Dims& in) const;

 private:
  const Value* find(std::string_view field) const;
  const Value& get(std::string_view field) const;
  const LayerSpec& spec_;
  const LayerRow& row_;
  const Dims& input_;
  Walk& walk_;
  const LayerRow* maker_;  // of the numbers that come in
};

struct BranchCount {
  size_t least = 0, most = 0;
  bool in_series = false;  ///< each works on what the one before makes, as those of `repeat`; else all on the input
};

/// What numbers a layer takes.
enum class Takes : uint8_t {
  Floats,  ///< computes floats of floats
  Any,     ///< moves numbers about, as its branches leave them
  Whole    ///< reads whole numbers (int64), which only a sample has, and makes floats
};

/// A row of the table.
struct LayerRow {
  std::string name = {};
  std::string what = {};    ///< a sentence for the docs
  std::string shapes = {};  ///< for the docs: "[C, H, W] -> [C r, H / r, W / r]"
  std::vector<Field> arguments = {}, options = {};
  BranchCount branches = {};
  Takes takes = Takes::Floats;
  /// Sizes, parameters and cost. Throws ShapeError or ValueError, the name of the layer in brackets in front, for what
  /// does not fit. Without it they are found by building the layer and running it on a batch of zeros.
  std::function<Plan(const LayerCall&)> plan = {};
  std::function<AnyModule(const LayerCall&)> build = {};

  const Field* argument(std::string_view field) const;
  const Field* option(std::string_view field) const;
  /// What a message about a wrong option ends with.
  std::string options_hint(std::string_view wrong) const;
};

/// The row of that name; throws ValueError, naming the nearest, where there is none. Rows keep their place.
const LayerRow& row_of(std::string_view name);
const LayerRow* find_row(std::string_view name);
/// All rows, weft's own first.
std::vector<const LayerRow*> rows();
/// Adds a row. Throws ValueError when its name is no word or taken, it has no `build`, or it has chains, takes
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

/// The value in its shortest form. Throws ValueError, with `layer` in brackets in front, when it does not fit the
/// field.
Value checked(std::string_view layer, const Field& field, Value value);
/// ": conv channels kernel", what a message about wrong arguments ends with.
std::string usage_of(const LayerRow& row);

}  // namespace weft::nn::lang

namespace weft::nn {
using lang::LayerCall;
using lang::LayerRegistration;
}  // namespace weft::nn
