// Walks a chain: infers sizes from layer to layer, sums their cost, and builds their modules. Internal.
#pragma once

#include <string>
#include <vector>

#include "weft/nn/lang/table.h"

namespace weft::nn::lang {

/// Limits of a model; larger values are predicted as mistakes.
inline constexpr int64_t kMostLayers = 10'000;         // including every repetition
inline constexpr int64_t kMostParameters = 1LL << 34;  // 64 GB of float32
inline constexpr double kMostElements = 1LL << 34;     // of one sample between two layers

/// The sizes of the `input` of a model, and the layers after it. Throws ValueError if there is no `input`.
std::pair<Dims, Chain> split_input(const Chain& description);

/// A layer met on the walk.
struct Visit {
  std::string key;  ///< "2.body.0": prefix of the names of its parameters
  size_t depth;     ///< number of enclosing branches
  std::string text;
  Dims output;
  int64_t parameters;
  double flop;
  bool branches;
};

/// Visits the layers in order; adds the layer's place to its errors.
class Walk {
 public:
  /// The output sizes of a chain; adds to the totals. Keys count from `first`.
  Dims plan(const Chain& chain, Dims sizes, size_t first = 0);
  /// Adds the chain's modules to `net`, in order. The chain must have been planned.
  void build(SequentialImpl& net, const Chain& chain, Dims sizes);

  Dims plan_branch(const std::string& key, const Chain& branch, const Dims& in);
  Sequential build_branch(const std::string& key, const Chain& branch, const Dims& in);

  bool reads_whole_numbers() const { return reader && reader->takes == Takes::Whole; }

  int64_t layers = 0, parameters = 0;
  double flop = 0;
  const LayerRow* reader = nullptr;  ///< the first layer that computes with the sample's elements
  const LayerRow* maker = nullptr;   ///< the layer that computed the current elements; none: they are the sample's own
  bool keeps_visits = false;         ///< for a summary
  std::vector<Visit> visits;

 private:
  Plan plan_layer(const LayerSpec& layer, const Dims& in);
  void check_numbers(const LayerRow& row, const Dims& in);
  /// A walk to repeat the planning of sizes already planned.
  Walk again() const;
  template <class F>
  auto at(const LayerSpec& layer, const std::string& key, F f);
  std::vector<std::string> path_;
  size_t depth_ = 0;
  bool building_ = false;
};

}  // namespace weft::nn::lang
