// The recorded graph as data, as Graphviz text and as JSON.
#include "weft/autograd/graph.h"

#include <boost/test/unit_test.hpp>

#include "weft/autograd/nn_ops.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"

using namespace weft;
using autograd::Graph;
using autograd::GraphNode;

BOOST_AUTO_TEST_SUITE(graph)

namespace {

Tensor leaf(IntArrayRef sizes) { return ones(sizes).set_requires_grad(true); }

}  // namespace

BOOST_AUTO_TEST_CASE(nodes_edges_and_outputs) {
  const Tensor w = leaf({2, 3}), x = ones({4, 2});
  const Tensor y = x.matmul(w), z = (y * y).sum();
  const Graph g = autograd::graph({z, y});

  BOOST_REQUIRE_EQUAL(g.nodes.size(), 4);
  BOOST_TEST(g.nodes[0].is_leaf);
  BOOST_TEST(g.nodes[1].op == "matmul");
  BOOST_TEST(g.nodes[2].op == "mul");
  BOOST_TEST(g.nodes[3].op == "sum");
  BOOST_TEST(!g.nodes[1].inputs[0].has_value());  // x needs no gradient
  BOOST_TEST(g.nodes[1].inputs[1]->node == 0);
  BOOST_TEST(g.nodes[2].inputs[0]->node == 1);
  BOOST_TEST(g.nodes[2].inputs[1]->node == 1);
  BOOST_CHECK(g.nodes[1].outputs[0].sizes == Dims({4, 3}));
  BOOST_TEST(g.results[0].node == 3);
  BOOST_TEST(g.results[1].node == 1);
}

BOOST_AUTO_TEST_CASE(outputs_of_one_node) {
  const TensorList parts = (leaf({3, 2}) * 1).unbind();
  const Graph g = autograd::graph({parts[2] + parts[0]});
  const GraphNode& add = g.nodes.back();
  BOOST_TEST(add.inputs[0]->node == add.inputs[1]->node);
  BOOST_TEST(add.inputs[0]->output == 2);
  BOOST_TEST(add.inputs[1]->output == 0);
  BOOST_TEST(g.nodes[add.inputs[0]->node].outputs.size() == 3);
}

BOOST_AUTO_TEST_CASE(texts) {
  const Graph g = autograd::graph({leaf({2}).exp()});
  BOOST_TEST(g.dot() ==
             "digraph {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n"
             "  n0 [label=\"leaf\\nfloat32 [2]\", style=rounded];\n"
             "  n1 [label=\"exp\\nfloat32 [2]\"];\n  n0 -> n1;\n}\n");
  BOOST_TEST(g.json() ==
             R"({"nodes":[{"op":"accumulate_grad","inputs":[],"outputs":[{"dtype":"float32","sizes":[2]}]},)"
             R"({"op":"exp","inputs":[[0,0]],"outputs":[{"dtype":"float32","sizes":[2]}]}],"results":[[1,0]]})");
}

// Constant arguments are shown with the inputs; lists, numbers, flags and absent options keep their types.
BOOST_AUTO_TEST_CASE(attributes) {
  const auto last = [](const Tensor& t) { return autograd::graph({t}).nodes.back().attributes; };
  using A = autograd::Attributes;
  using L = std::vector<int64_t>;
  const Tensor x = leaf({2, 3, 4, 4}), w = leaf({5, 3, 3, 3}), m = leaf({4, 6});
  BOOST_CHECK(last(m.exp()) == A{});
  BOOST_CHECK((last(m.transpose(0, -1)) == A{{"dim0", int64_t{0}}, {"dim1", int64_t{1}}}));
  BOOST_CHECK((last(m.reshape({-1, 3})) == A{{"size", L{8, 3}}}));
  BOOST_CHECK((last(m.sum(1, true)) == A{{"dim", L{1}}, {"keepdim", true}}));
  BOOST_CHECK((last(m.sum()) == A{{"dim", L{0, 1}}, {"keepdim", false}}));
  BOOST_CHECK((last(m * 2.5) == A{{"other", 2.5}}));
  BOOST_CHECK((last(m.add(m, 3)) == A{{"alpha", int64_t{3}}}));
  BOOST_CHECK((last(m.clamp(-1, std::nullopt)) == A{{"min", int64_t{-1}}, {"max", {}}}));
  BOOST_CHECK((last(softplus(m, 2, 10)) == A{{"beta", 2.0}, {"threshold", 10.0}}));
  BOOST_CHECK((last(conv2d(x, w, {}, {1, 2}, 1)) ==
               A{{"stride", L{1, 2}}, {"padding", L{1, 1}}, {"dilation", L{1, 1}}, {"groups", int64_t{1}}}));
  const A pool = last(max_pool2d(x, 2));
  BOOST_CHECK((pool[0] == autograd::Attribute{"kernel_size", L{2}}));
  BOOST_CHECK((pool.back() == autograd::Attribute{"ceil_mode", false}));
  BOOST_CHECK((last(m.split({1, 3})[1]) == A{{"split_sizes", L{1, 3}}, {"dim", int64_t{0}}}));
}

BOOST_AUTO_TEST_CASE(attributes_of_a_users_op) {
  const Tensor x = leaf({2});
  const Tensor y = autograd::record(autograd::op("scaled", "by", 3, "how", "twice"), (x * 3).detach(), {x},
                                    [](const Tensor& g) { return g * 3; });
  const Graph g = autograd::graph({y});
  BOOST_TEST(g.dot().find("n1 [label=\"scaled\\nby = 3\\nhow = twice\\nfloat32 [2]\"];") != std::string::npos);
  BOOST_TEST(g.json().find(R"({"op":"scaled","attributes":{"by":3,"how":"twice"},"inputs":[[0,0]])") !=
             std::string::npos);
}

// A long chain needs no deep stack.
BOOST_AUTO_TEST_CASE(long_chains) {
  Tensor t = leaf({1});
  for (int i = 0; i < 200000; ++i) t = t + 1;
  BOOST_TEST(autograd::graph({t}).nodes.size() == 200001);
}

BOOST_AUTO_TEST_CASE(refused) { BOOST_CHECK_THROW(autograd::graph({ones({2})}), StateError); }

BOOST_AUTO_TEST_SUITE_END()
