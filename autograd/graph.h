// The recorded graph as data: for printing, drawing, and tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/autograd/node.h"

namespace weft::autograd {

/// A recorded op, or a leaf (op "accumulate_grad").
struct GraphNode {
  /// The source of an input: the index of the producer in Graph::nodes, and the index of its output.
  struct Input {
    size_t node;
    uint32_t output;
  };
  std::string op;
  Attributes attributes;  ///< the constant arguments of the op
  /// One per input of the op; empty if the input needs no gradient.
  std::vector<std::optional<Input>> inputs;
  /// Sizes and dtype of each output.
  std::vector<OutputMeta> outputs;
  bool is_leaf = false;
};

/// The part of the tape that leads to some tensors, oldest node first: a node comes after all nodes it depends on.
struct Graph {
  std::vector<GraphNode> nodes;
  /// The nodes of the tensors passed to graph(), in order.
  std::vector<GraphNode::Input> results;

  /// Graphviz text: `dot -Tsvg` draws it.
  std::string dot() const;
  /// JSON: {"nodes": [{"op", "attributes", "inputs": [[node, output] or null], "outputs": [{"dtype", "sizes"}]}],
  /// "results": [...]}; an op without attributes has no "attributes".
  std::string json() const;
};

/// The graph that backward would walk from `outputs`. Throws StateError for a tensor that requires no gradient.
///
///     std::ofstream("graph.dot") << autograd::graph({loss}).dot();
Graph graph(const TensorList& outputs);

}  // namespace weft::autograd
