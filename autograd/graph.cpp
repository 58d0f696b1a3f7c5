#include "weft/autograd/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "weft/tensor/json.h"

namespace weft::autograd {
namespace {

bool is_leaf(const Node& node) { return node.number() == 0; }

// All nodes reachable from `roots`; leaves first, then by age.
std::vector<const Node*> reachable(const std::vector<Edge>& roots) {
  std::unordered_map<const Node*, bool> seen;
  std::vector<const Node*> nodes;
  const auto visit = [&](const Edge& edge) {
    if (edge.node && seen.emplace(edge.node.get(), true).second) nodes.push_back(edge.node.get());
  };
  for (const Edge& root : roots) visit(root);
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const Edge& edge : nodes[i]->edges) visit(edge);
  std::stable_sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->number() < b->number(); });
  return nodes;
}

// "float32 [64, 10]"
std::string text_of(const OutputMeta& output) {
  return fmt::format("{} [{}]", output.dtype, fmt::join(output.sizes.begin(), output.sizes.end(), ", "));
}

}  // namespace

Graph graph(const TensorList& outputs) {
  std::vector<Edge> roots;
  for (const Tensor& t : outputs) {
    roots.push_back(edge_of(t));
    check<StateError>(static_cast<bool>(roots.back().node),
                      "[graph] output {} requires no gradient: nothing leads to it", roots.size() - 1);
  }
  const std::vector<const Node*> nodes = reachable(roots);
  std::unordered_map<const Node*, size_t> position;
  for (const Node* node : nodes) position.emplace(node, position.size());

  Graph result;
  for (const Node* node : nodes) {
    GraphNode& entry = result.nodes.emplace_back();
    entry.op = node->name();
    entry.is_leaf = is_leaf(*node);
    for (const Edge& edge : node->edges) {
      auto& input = entry.inputs.emplace_back();
      if (edge.node) input = {position.at(edge.node.get()), edge.output};
    }
    entry.outputs.assign(node->outputs.begin(), node->outputs.end());
  }
  for (const Edge& root : roots) result.results.push_back({position.at(root.node.get()), root.output});
  return result;
}

std::string Graph::dot() const {
  std::string text = "digraph {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (size_t i = 0; i < nodes.size(); ++i) {
    const GraphNode& node = nodes[i];
    std::string label = node.is_leaf ? "leaf" : node.op;
    for (const OutputMeta& output : node.outputs) label += "\\n" + text_of(output);
    text += fmt::format("  n{} [label=\"{}\"{}];\n", i, label, node.is_leaf ? ", style=rounded" : "");
    for (const auto& input : node.inputs)
      if (input) text += fmt::format("  n{} -> n{};\n", input->node, i);
  }
  return text + "}\n";
}

std::string Graph::json() const {
  using weft::detail::Json;
  const auto place = [](const GraphNode::Input& input) { return Json::array({input.node, input.output}); };
  Json all = {{"nodes", Json::array()}, {"results", Json::array()}};
  for (const GraphNode& node : nodes) {
    Json entry = {{"op", node.op}, {"inputs", Json::array()}, {"outputs", Json::array()}};
    for (const auto& input : node.inputs) entry["inputs"].push_back(input ? place(*input) : Json());
    for (const OutputMeta& output : node.outputs)
      entry["outputs"].push_back(
          {{"dtype", name(output.dtype)}, {"sizes", std::vector<int64_t>(output.sizes.begin(), output.sizes.end())}});
    all["nodes"].push_back(std::move(entry));
  }
  for (const GraphNode::Input& result : results) all["results"].push_back(place(result));
  return weft::detail::json_text(all);
}

}  // namespace weft::autograd
