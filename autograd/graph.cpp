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

// A text inside of a Graphviz label.
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out;
}

weft::detail::Json json_of(const AttributeValue& value) {
  return std::visit(
      [](const auto& v) -> weft::detail::Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

}  // namespace

Graph graph(const TensorList& outputs) {
  std::vector<Edge> roots;
  for (const Tensor& t : outputs) {
    roots.push_back(edge_of(t));
    check<StateError>(static_cast<bool>(roots.back().node), "[graph] output {} requires no gradient: it has no graph",
                      roots.size() - 1);
  }
  const std::vector<const Node*> nodes = reachable(roots);
  std::unordered_map<const Node*, size_t> position;
  for (const Node* node : nodes) position.emplace(node, position.size());

  Graph result;
  for (const Node* node : nodes) {
    GraphNode& entry = result.nodes.emplace_back();
    entry.op = node->name();
    entry.attributes = node->attributes();
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
    for (const Attribute& a : node.attributes) label += fmt::format("\\n{} = {}", a.name, escaped(to_string(a.value)));
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
    Json entry = {{"op", node.op}};
    if (!node.attributes.empty()) {
      Json& attributes = entry["attributes"] = Json::object();
      for (const Attribute& a : node.attributes) attributes[a.name] = json_of(a.value);
    }
    entry["inputs"] = Json::array(), entry["outputs"] = Json::array();
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
