// Attention, MultiheadAttention and Transformers: PyTorch's numbers, the fused op against the composed one,
// derivatives, threads, masks, errors, printing, copies.
#include "weft/nn/attention.h"

#include "tests/golden_layers.h"
#include "tests/nn/support.h"
#include "weft/autograd/gradcheck.h"
#include "weft/nn/transformer.h"
#include "weft/tensor/parallel.h"

using namespace weft;
using namespace weft::test;

namespace {

TensorMap by_name(nn::Module& module) {
  TensorMap map;
  for (auto& item : module.named_parameters()) map[item.key()] = item.value();
  return map;
}

Tensor given(const TensorMap& in, const std::string& name) { return in.count(name) ? in.at(name) : Tensor(); }

LayerResult run_attention(const TensorMap& in, const Json& args) {
  const std::optional<double> scale = args.contains("scale") ? std::optional<double>(args["scale"]) : std::nullopt;
  return {{F::scaled_dot_product_attention(in.at("q"), in.at("k"), in.at("v"), given(in, "mask"), 0,
                                           args.value("is_causal", false), scale)},
          {}};
}

LayerResult run_heads(const TensorMap& in, const Json& args) {
  const int64_t e = args["embed_dim"];
  nn::MultiheadAttention net(
      nn::MultiheadAttentionOptions(e, args["num_heads"]).kdim(args.value("kdim", e)).vdim(args.value("vdim", e)));
  const bool self = in.count("x") > 0;
  const Tensor q = in.at(self ? "x" : "q"), k = in.at(self ? "x" : "k"), v = in.at(self ? "x" : "v");
  net->to(q.dtype());
  take_parameters(*net, in);
  auto [out, weights] = net(q, k, v, given(in, "key_padding_mask"));
  return {{out, weights}, by_name(*net)};
}

nn::TransformerEncoderLayerOptions layer_options(const Json& args) {
  nn::TransformerEncoderLayerOptions o(args["d_model"], args["nhead"]);
  o.dim_feedforward(args["dim_feedforward"]).dropout(args["dropout"]);
  o.activation(args.value("activation", std::string("relu")).c_str());
  o.norm_first(args.value("norm_first", false)).batch_first(args.value("batch_first", false));
  return o;
}

const std::map<std::string, LayerCase> kOps{{"scaled_dot_product_attention", run_attention},
                                            {"multihead_attention", run_heads},
                                            {"transformer_encoder_layer",
                                             [](const TensorMap& in, const Json& args) {
                                               nn::TransformerEncoderLayer net(layer_options(args));
                                               net->to(in.at("x").dtype());
                                               take_parameters(*net, in);
                                               return LayerResult{{net(in.at("x"))}, by_name(*net)};
                                             }},
                                            {"transformer_decoder_layer", [](const TensorMap& in, const Json& args) {
                                               nn::TransformerDecoderLayer net(layer_options(args));
                                               net->to(in.at("x").dtype());
                                               take_parameters(*net, in);
                                               return LayerResult{{net(in.at("x"), in.at("memory"))}, by_name(*net)};
                                             }}};

struct Sizes {
  int64_t batch, heads, queries, keys, width, value_width;
};

TensorList operands(const Sizes& s, Dtype dtype) {
  manual_seed(4);
  TensorList t{randn({s.batch, s.heads, s.queries, s.width}), randn({s.batch, s.heads, s.keys, s.width}),
               randn({s.batch, s.heads, s.keys, s.value_width})};
  for (Tensor& x : t) x = x.to(dtype).detach().requires_grad_();
  return t;
}

/// The result and the gradients of query, key and value.
TensorList results_and_gradients(const TensorList& in, const Tensor& mask, double p, bool causal) {
  manual_seed(8);
  const Tensor out = scaled_dot_product_attention(in[0], in[1], in[2], mask, p, causal);
  manual_seed(9);
  const Tensor g = randn(out.sizes()).to(out.dtype());
  TensorList all = autograd::grad({out}, in, {g});
  all.push_back(out);
  return all;
}

TensorList as_double(const TensorList& in) {
  TensorList out;
  for (const Tensor& t : in) out.push_back(t.detach().to(kFloat64).requires_grad_());
  return out;
}

constexpr Sizes kSizes[] = {
    {1, 1, 3, 5, 4, 4}, {2, 3, 65, 129, 16, 8}, {1, 2, 200, 300, 32, 32}, {2, 2, 130, 70, 5, 7}};

}  // namespace

BOOST_AUTO_TEST_SUITE(attention)

BOOST_AUTO_TEST_CASE(golden_float32) { run_golden("attention", 11, kOps, kFloat32, 1e-4); }
BOOST_AUTO_TEST_CASE(golden_float64) { run_golden("attention", 11, kOps, kFloat64, 1e-5); }

BOOST_AUTO_TEST_CASE(the_fused_op_equals_the_composed_one) {
  for (const Sizes& s : kSizes)
    for (const char* what : {"plain", "causal", "bool", "float", "dropout"})
      BOOST_TEST_CONTEXT(what << " " << s.queries << " x " << s.keys) {
        const TensorList in = operands(s, kFloat32);
        const std::string kind = what;
        Tensor mask;
        if (kind == "bool") mask = randn({s.batch, 1, s.queries, s.keys}).gt(0.3);
        if (kind == "float") mask = randn({s.keys});
        const double p = kind == "dropout" ? 0.3 : 0;
        const TensorList fused = results_and_gradients(in, mask, p, kind == "causal");
        const Tensor wide = mask.defined() && mask.is_floating_point() ? mask.to(kFloat64) : mask;
        const TensorList composed = results_and_gradients(as_double(in), wide, p, kind == "causal");
        for (size_t i = 0; i < fused.size(); ++i) {
          const std::string d = difference(fused[i], composed[i], 2e-5);
          BOOST_CHECK_MESSAGE(d.empty(), "tensor " << i << ": " << d);
        }
      }
}

BOOST_AUTO_TEST_CASE(first_and_second_derivatives) {
  const Tensor mask = tensor({{true, false, true}, {true, true, true}});
  const TensorList in = operands({1, 2, 2, 3, 2, 2}, kFloat64);
  for (const bool masked : {false, true}) {
    const autograd::DifferentiableFn f = [&](const TensorList& t) {
      return TensorList{scaled_dot_product_attention(t[0], t[1], t[2], masked ? mask : Tensor(), 0, !masked)};
    };
    BOOST_CHECK(autograd::gradcheck(f, in));
    BOOST_CHECK(autograd::gradgradcheck(f, in));
  }
}

BOOST_AUTO_TEST_CASE(second_derivatives_of_the_fused_op_equal_those_in_double) {
  const TensorList in = operands({1, 2, 5, 6, 4, 4}, kFloat32);
  const auto second = [](const TensorList& t) {
    const Tensor out = scaled_dot_product_attention(t[0], t[1], t[2], {}, 0, true);
    const TensorList first = autograd::grad({out.square().sum()}, t, {}, {}, true);
    return autograd::grad({first[0].square().sum() + first[1].sin().sum() + first[2].square().sum()}, t);
  };
  const TensorList a = second(in), b = second(as_double(in));
  for (size_t i = 0; i < a.size(); ++i) BOOST_CHECK_EQUAL(difference(a[i], b[i], 1e-4), "");
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const int before = get_num_threads();
  const TensorList in = operands({4, 4, 150, 150, 32, 32}, kFloat32);
  std::vector<TensorList> all;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    all.push_back(results_and_gradients(in, {}, 0.1, true));
  }
  set_num_threads(before);
  for (size_t i = 0; i < all[0].size(); ++i)
    for (const size_t other : {1, 2}) BOOST_CHECK_MESSAGE(all[0][i].equal(all[other][i]), "tensor " << i);
}

BOOST_AUTO_TEST_CASE(a_query_without_keys_gives_zero) {
  for (const Dtype dtype : {kFloat32, kFloat64}) {
    const TensorList in = operands({1, 1, 2, 3, 4, 4}, dtype);
    const Tensor mask = tensor({{false, false, false}, {true, false, true}});
    const TensorList r = results_and_gradients(in, mask, 0, false);
    BOOST_CHECK(r[3].select(2, 0).eq(0).all().item<bool>());
    for (const Tensor& t : r) BOOST_CHECK(t.isfinite().all().item<bool>());
  }
}

BOOST_AUTO_TEST_CASE(other_dimensions_strides_and_groups) {
  const Tensor q = randn({6, 4, 8}), k = randn({6, 5, 8}), v = randn({6, 5, 8});
  const Tensor whole = scaled_dot_product_attention(q, k, v);
  BOOST_CHECK(whole[2].allclose(scaled_dot_product_attention(q[2], k[2], v[2]), 1e-5, 1e-6));
  BOOST_CHECK(
      whole.allclose(scaled_dot_product_attention(q.transpose(0, 1).contiguous().transpose(0, 1), k, v), 1e-5, 1e-6));
  const Tensor few = scaled_dot_product_attention(q, k.slice(0, 0, 2), v.slice(0, 0, 2), {}, 0, false, {}, true);
  BOOST_CHECK(few[4].allclose(scaled_dot_product_attention(q[4], k[1], v[1]), 1e-5, 1e-6));
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const TensorList in = operands({1, 2, 5, 6, 4, 4}, kFloat32);
  const int64_t before = TensorImpl::live();
  { const Tensor dropped = scaled_dot_product_attention(in[0], in[1], in[2]); }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_CASE(heads_with_and_without_weights_agree) {
  manual_seed(2);
  for (const bool extra : {false, true}) {
    nn::MultiheadAttention net(nn::MultiheadAttentionOptions(8, 2).add_bias_kv(extra).add_zero_attn(extra));
    const Tensor q = randn({4, 3, 8}), k = randn({5, 3, 8});
    const Tensor padding = tensor(
        {{false, false, false, true, true}, {false, false, false, false, false}, {false, true, false, false, false}});
    const Tensor mask = randn({6, 4, 5});
    auto [a, weights] = net(q, k, k, padding, true, mask);
    auto [b, none] = net(q, k, k, padding, false, mask);
    BOOST_CHECK(a.allclose(b, 1e-5, 1e-6));
    BOOST_CHECK(!none.defined());
    BOOST_CHECK_EQUAL(weights.size(2), extra ? 7 : 5);
    BOOST_CHECK_EQUAL(to_string(std::get<1>(net(q, k, k, padding, true, mask, false)).sizes()),
                      extra ? "[3, 2, 4, 7]" : "[3, 2, 4, 5]");
  }
}

BOOST_AUTO_TEST_CASE(transformers_run_and_are_causal) {
  manual_seed(3);
  nn::Transformer net(nn::TransformerOptions(8, 2, 2, 2).dim_feedforward(16).dropout(0).batch_first(true));
  const Tensor src = randn({2, 6, 8}), tgt = randn({2, 5, 8});
  const Tensor mask = nn::TransformerImpl::generate_square_subsequent_mask(5);
  const Tensor out = net(src, tgt, Tensor(), mask);
  BOOST_CHECK_EQUAL(to_string(out.sizes()), "[2, 5, 8]");
  Tensor changed = tgt.clone();
  changed.slice(1, 4).zero_();
  BOOST_CHECK(out.slice(1, 0, 4).allclose(net(src, changed, Tensor(), mask).slice(1, 0, 4), 1e-5, 1e-6));
  BOOST_CHECK_EQUAL(net->parameters().size(), 2 * 12u + 2 * 18u + 4u);
  nn::Transformer copy(std::dynamic_pointer_cast<nn::TransformerImpl>(net->clone()));
  check_same(copy(src, tgt, Tensor(), mask), out);
}

BOOST_AUTO_TEST_CASE(printing) {
  const std::string text = printed(nn::MultiheadAttention(8, 2));
  BOOST_CHECK_MESSAGE(text.find("weft::nn::MultiheadAttention") != std::string::npos, text);
  BOOST_CHECK_MESSAGE(text.find("(out_proj)") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = randn({2, 4, 8});
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, randn({2, 4, 7}), x), ShapeError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x, randn({2, 5, 8})), ShapeError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x, x, randn({3, 4})), ShapeError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x, x, randint(2, {4, 4})), DtypeError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x, x, randn({4, 4}), 0, true), ValueError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x, x, {}, 1.5), ValueError);
  BOOST_CHECK_THROW(scaled_dot_product_attention(x, x.to(kFloat64), x), DtypeError);
  BOOST_CHECK_THROW(nn::MultiheadAttention(8, 3), ValueError);
  nn::MultiheadAttention net(8, 2);
  BOOST_CHECK_THROW(net(x, x, randn({2, 4, 7})), ShapeError);
  BOOST_CHECK_THROW(net(x, x, x, randn({2, 2})), ShapeError);
  BOOST_CHECK_THROW(net(x, x, x, Tensor(), true, randn({3, 3})), ShapeError);
  BOOST_CHECK_THROW(nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(8, 2).activation("tanh")),
                    ValueError);
  BOOST_CHECK_THROW(nn::TransformerEncoder(nn::TransformerEncoderLayer(8, 2), 0), ValueError);
  BOOST_CHECK_THROW(nn::Transformer(nn::TransformerOptions(8, 2, 1, 1))(x, randn({2, 3, 8})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
