// RNN, LSTM, GRU and their cells: PyTorch's numbers, derivatives, dtypes, threads, errors, printing, copies.
#include "weft/nn/recurrent.h"

#include "tests/golden_layers.h"
#include "tests/nn/support.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/recurrent.h"
#include "weft/nn/recurrent_cell.h"
#include "weft/tensor/parallel.h"

using namespace weft;
using namespace weft::test;
namespace rnn = nn::utils::rnn;
using autograd::RecurrentSequence;
using autograd::RecurrentWeights;

namespace {

Tensor given(const TensorMap& in, const char* name) { return in.count(name) ? in.at(name) : Tensor(); }

TensorMap by_name(nn::Module& module) {
  TensorMap map;
  for (auto& item : module.named_parameters()) map[item.key()] = item.value();
  return map;
}

template <class Options>
Options options_of(const Json& args) {
  Options o(args["input_size"], args["hidden_size"]);
  o.num_layers(args.value("num_layers", 1)).bidirectional(args.value("bidirectional", false));
  o.batch_first(args.value("batch_first", false)).bias(args.value("bias", true));
  return o;
}

template <class Net>
void prepare(Net& net, const TensorMap& in) {
  net->to(in.at("x").dtype());
  take_parameters(*net, in);
}

LayerResult run_lstm(const TensorMap& in, const Json& args) {
  nn::LSTM net(options_of<nn::LSTMOptions>(args).proj_size(args.value("proj_size", 0)));
  prepare(net, in);
  auto [out, state] = net->forward(in.at("x"), std::make_tuple(given(in, "h0"), given(in, "c0")));
  return {{out, std::get<0>(state), std::get<1>(state)}, by_name(*net)};
}

template <class Net, class Options>
LayerResult run_plain(const TensorMap& in, Options options) {
  Net net(options);
  prepare(net, in);
  if (!in.count("lengths")) {
    auto [out, h] = net->forward(in.at("x"), given(in, "h0"));
    return {{out, h}, by_name(*net)};
  }
  const auto packed = rnn::pack_padded_sequence(in.at("x"), in.at("lengths"), false, false);
  auto [out, h] = net->forward_with_packed_input(packed);
  return {{std::get<0>(rnn::pad_packed_sequence(out)), h}, by_name(*net)};
}

template <class Cell>
LayerResult run_cell(const TensorMap& in, const Json& args) {
  Cell cell(args["input_size"].get<int64_t>(), args["hidden_size"].get<int64_t>());
  prepare(cell, in);
  return {{cell->forward(in.at("x"), in.at("h0"))}, by_name(*cell)};
}

LayerResult run_lstm_cell(const TensorMap& in, const Json& args) {
  nn::LSTMCell cell(args["input_size"].get<int64_t>(), args["hidden_size"].get<int64_t>());
  prepare(cell, in);
  auto [h, c] = cell->forward(in.at("x"), std::make_tuple(in.at("h0"), in.at("c0")));
  return {{h, c}, by_name(*cell)};
}

const std::map<std::string, LayerCase> kOps{
    {"lstm", run_lstm},
    {"gru",
     [](const TensorMap& in, const Json& args) { return run_plain<nn::GRU>(in, options_of<nn::GRUOptions>(args)); }},
    {"rnn",
     [](const TensorMap& in, const Json& args) {
       return run_plain<nn::RNN>(
           in, options_of<nn::RNNOptions>(args).nonlinearity(args.value("nonlinearity", std::string("tanh")).c_str()));
     }},
    {"rnn_cell", run_cell<nn::RNNCell>},
    {"gru_cell", run_cell<nn::GRUCell>},
    {"lstm_cell", run_lstm_cell}};

/// x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, weight_hr of one layer.
TensorList operands(int64_t gates, const std::vector<int64_t>& counts, int64_t in, int64_t hidden, int64_t projected,
                    Dtype dtype) {
  int64_t rows = 0;
  for (int64_t n : counts) rows += n;
  const int64_t state = projected ? projected : hidden;
  TensorList t{randn({rows, in}),           randn({counts[0], state}),      randn({counts[0], hidden}),
               randn({gates * hidden, in}), randn({gates * hidden, state}), randn({gates * hidden}),
               randn({gates * hidden})};
  if (projected) t.push_back(randn({projected, hidden}));
  for (Tensor& x : t) x = (x * 0.5).to(dtype).detach().requires_grad_();
  return t;
}

RecurrentWeights weights_of(const TensorList& t) { return {t[3], t[4], t[5], t[6], t.size() > 7 ? t[7] : Tensor()}; }

using LayerFn = TensorList (*)(const TensorList&, const RecurrentSequence&);
struct Kind {
  const char* name;
  int64_t gates;
  LayerFn fused, by_ops;
};
const Kind kKinds[] = {
    {"lstm", 4,
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::lstm_layer(t[0], t[1], t[2], weights_of(t), s);
     },
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::lstm_layer_by_ops(t[0], t[1], t[2], weights_of(t), s);
     }},
    {"gru", 3,
     [](const TensorList& t, const RecurrentSequence& s) { return autograd::gru_layer(t[0], t[1], weights_of(t), s); },
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::gru_layer_by_ops(t[0], t[1], weights_of(t), s);
     }},
    {"rnn tanh", 1,
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::rnn_layer(t[0], t[1], weights_of(t), s, false);
     },
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::rnn_layer_by_ops(t[0], t[1], weights_of(t), s, false);
     }},
    {"rnn relu", 1,
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::rnn_layer(t[0], t[1], weights_of(t), s, true);
     },
     [](const TensorList& t, const RecurrentSequence& s) {
       return autograd::rnn_layer_by_ops(t[0], t[1], weights_of(t), s, true);
     }}};

/// Results, then the gradients of the operands for fixed gradients of all results.
TensorList results_and_gradients(const LayerFn& f, const TensorList& in, const RecurrentSequence& s) {
  TensorList outs = f(in, s), grad_outs;
  for (size_t i = 0; i < outs.size(); ++i) {
    manual_seed(100 + i);
    grad_outs.push_back(randn(outs[i].sizes()).to(outs[i].dtype()));
  }
  const TensorList grads = autograd::grad(outs, in, grad_outs, {}, false, true);
  outs.insert(outs.end(), grads.begin(), grads.end());
  return outs;
}

void check_all_close(const TensorList& a, const TensorList& b, double tolerance) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].defined() && !b[i].defined()) continue;
    const std::string d = difference(a[i], b[i], tolerance);
    BOOST_CHECK_MESSAGE(d.empty(), "tensor " << i << ": " << d);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(golden_float32) { run_golden("recurrent", 18, kOps, kFloat32, 1e-4); }
BOOST_AUTO_TEST_CASE(golden_float64) { run_golden("recurrent", 18, kOps, kFloat64, 1e-5); }

BOOST_AUTO_TEST_CASE(fused_layers_equal_the_ops_one_by_one) {
  for (const Kind& kind : kKinds)
    for (const bool reverse : {false, true})
      for (const Dtype dtype : {kFloat32, kFloat64})
        for (const int64_t batch : {1, 5, 40, 70})
          BOOST_TEST_CONTEXT(kind.name << " reverse " << reverse << " batch " << batch << " " << name(dtype)) {
            manual_seed(3);
            const std::vector<int64_t> counts{batch, batch, (batch + 1) / 2, 1};
            const int64_t projected = kind.gates == 4 && batch != 5 ? 6 : 0;
            const TensorList in = operands(kind.gates, counts, 7, 19, projected, dtype);
            const RecurrentSequence s{counts, reverse};
            check_all_close(results_and_gradients(kind.fused, in, s), results_and_gradients(kind.by_ops, in, s),
                            dtype == kFloat32 ? 2e-5 : 1e-11);
          }
}

BOOST_AUTO_TEST_CASE(first_and_second_derivatives) {
  for (const Kind& kind : kKinds)
    for (const bool reverse : {false, true}) BOOST_TEST_CONTEXT(kind.name << " reverse " << reverse) {
        manual_seed(5);
        const RecurrentSequence s{{2, 2, 1}, reverse};
        const TensorList in = operands(kind.gates, s.counts, 2, 3, kind.gates == 4 ? 2 : 0, kFloat64);
        const autograd::DifferentiableFn f = [&](const TensorList& t) { return kind.fused(t, s); };
        TensorList used = in;
        if (kind.gates != 4) used[2] = used[2].detach();
        BOOST_CHECK(autograd::gradcheck(f, used));
        BOOST_CHECK(autograd::gradgradcheck(f, used));
      }
}

BOOST_AUTO_TEST_CASE(an_input_computed_from_another_has_the_right_second_derivative) {
  manual_seed(6);
  const TensorList in = operands(3, {2, 2}, 3, 3, 0, kFloat64);
  const autograd::DifferentiableFn f = [&](const TensorList& t) {
    return autograd::gru_layer(t[0], t[0].narrow(0, 0, 2).tanh(), weights_of(in), {{2, 2}});
  };
  BOOST_CHECK(autograd::gradgradcheck(f, {in[0]}));
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const int before = get_num_threads();
  for (const Kind& kind : kKinds) {
    manual_seed(7);
    const std::vector<int64_t> counts{70, 70, 33, 2};
    const TensorList in = operands(kind.gates, counts, 64, 128, 0, kFloat32);
    std::vector<TensorList> all;
    for (const int threads : {1, 2, 3}) {
      set_num_threads(threads);
      all.push_back(results_and_gradients(kind.fused, in, {counts}));
    }
    for (size_t i = 0; i < all[0].size(); ++i)
      for (const size_t other : {1, 2})
        if (all[0][i].defined()) BOOST_CHECK_MESSAGE(all[0][i].equal(all[other][i]), kind.name << " tensor " << i);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const TensorList in = operands(4, {3, 2}, 4, 5, 0, kFloat32);
  const int64_t before = TensorImpl::live();
  { const TensorList dropped = kKinds[0].fused(in, {{3, 2}}); }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_CASE(an_operand_changed_before_backward_is_noticed) {
  const TensorList in = operands(4, {2, 2}, 4, 5, 0, kFloat32);
  const TensorList out = kKinds[0].fused(in, {{2, 2}});
  {
    NoGradGuard no_grad;
    in[4].mul_(2);
  }
  BOOST_CHECK_THROW(out[0].sum().backward(), StateError);
}

BOOST_AUTO_TEST_CASE(shapes_without_batch_and_states) {
  nn::LSTM net(nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true).proj_size(2).batch_first(true));
  auto [out, state] = net(randn({5, 7, 3}));
  BOOST_CHECK_EQUAL(to_string(out.sizes()), "[5, 7, 4]");
  BOOST_CHECK_EQUAL(to_string(std::get<0>(state).sizes()), "[4, 5, 2]");
  BOOST_CHECK_EQUAL(to_string(std::get<1>(state).sizes()), "[4, 5, 4]");
  nn::GRU gru(3, 4);
  const Tensor x = randn({7, 3});
  auto [alone, h] = gru(x);
  auto [batched, hb] = gru(x.unsqueeze(1));
  BOOST_CHECK_EQUAL(to_string(h.sizes()), "[1, 4]");
  check_same(alone, batched.squeeze(1));
  check_same(h, hb.squeeze(1));
  nn::RNNCell cell(3, 4);
  check_same(cell(x[0]), cell(x.slice(0, 0, 1))[0]);
}

BOOST_AUTO_TEST_CASE(dropout_acts_between_layers_in_training_alone) {
  nn::LSTM net(nn::LSTMOptions(3, 8).num_layers(2).dropout(0.5));
  const Tensor x = randn({4, 2, 3});
  net->eval();
  check_same(std::get<0>(net(x)), std::get<0>(net(x)));
  net->train();
  BOOST_CHECK(!std::get<0>(net(x)).equal(std::get<0>(net(x))));
}

BOOST_AUTO_TEST_CASE(a_packed_batch_equals_its_sequences_alone) {
  manual_seed(9);
  nn::GRU net(nn::GRUOptions(3, 4).num_layers(2).bidirectional(true));
  const TensorList sequences{randn({2, 3}), randn({5, 3}), randn({4, 3})};
  const Tensor h0 = randn({4, 3, 4});
  auto [out, h] = net->forward_with_packed_input(rnn::pack_sequence(sequences, false), h0);
  auto [padded, lengths] = rnn::pad_packed_sequence(out);
  for (int64_t i = 0; i < 3; ++i) {
    auto [one, last] = net(sequences[static_cast<size_t>(i)], h0.select(1, i));
    BOOST_CHECK(one.allclose(padded.select(1, i).slice(0, 0, lengths[i].item<int64_t>()), 1e-5, 1e-6));
    BOOST_CHECK(last.allclose(h.select(1, i), 1e-5, 1e-6));
  }
}

BOOST_AUTO_TEST_CASE(parameters_and_their_first_values) {
  manual_seed(0);
  nn::LSTM net(nn::LSTMOptions(2, 3).num_layers(2).bidirectional(true).proj_size(2));
  std::string names;
  for (const auto& item : net->named_parameters()) names += item.key() + " ";
  BOOST_CHECK(names.starts_with("weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_hr_l0 weight_ih_l0_reverse "));
  BOOST_CHECK(names.ends_with("bias_hh_l1_reverse weight_hr_l1_reverse "));
  manual_seed(0);
  const Tensor first = (rand({12, 2}) * 2 - 1) / std::sqrt(3.0);
  BOOST_CHECK(net->parameters()[0].allclose(first, 1e-5, 1e-6));
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_CHECK_EQUAL(
      printed(nn::LSTM(nn::LSTMOptions(2, 4).num_layers(3).proj_size(2))),
      "weft::nn::LSTM(input_size=2, hidden_size=4, num_layers=3, bias=true, batch_first=false, dropout=0, "
      "bidirectional=false, proj_size=2)");
  BOOST_CHECK_EQUAL(printed(nn::GRU(2, 4)),
                    "weft::nn::GRU(input_size=2, hidden_size=4, num_layers=1, bias=true, batch_first=false, dropout=0, "
                    "bidirectional=false)");
  BOOST_CHECK_EQUAL(printed(nn::RNNCell(nn::RNNCellOptions(1, 2).nonlinearity(kReLU).bias(false))),
                    "weft::nn::RNNCell(1, 2, bias=false, nonlinearity=kReLU)");
  BOOST_CHECK_EQUAL(printed(nn::LSTMCell(1, 2)), "weft::nn::LSTMCell(1, 2)");
}

BOOST_AUTO_TEST_CASE(a_clone_computes_the_same_apart) {
  nn::LSTM net(nn::LSTMOptions(3, 4).num_layers(2));
  const Tensor x = randn({5, 2, 3}), before = std::get<0>(net(x));
  nn::LSTM copy(std::dynamic_pointer_cast<nn::LSTMImpl>(net->clone()));
  {
    NoGradGuard no_grad;
    for (Tensor& t : net->parameters()) t.zero_();
  }
  check_same(std::get<0>(copy(x)), before);
  nn::GRUCell cell(3, 4);
  nn::GRUCell twin(std::dynamic_pointer_cast<nn::GRUCellImpl>(cell->clone()));
  check_same(twin(x[0]), cell(x[0]));
}

BOOST_AUTO_TEST_CASE(errors) {
  nn::LSTM net(3, 4);
  const auto fails = [](const std::string& text, const std::string& part) {
    BOOST_CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  };
  fails(message_of<ShapeError>([&] { net(randn({5, 2, 4})); }), "input has 4 features, expected 3");
  fails(message_of<ShapeError>([&] { net(randn({5})); }), "input must be [T, B, features]");
  fails(message_of<ShapeError>([&] {
          net(randn({5, 2, 3}), std::make_tuple(randn({1, 3, 4}), Tensor()));
        }),
        "h_0 must be [1, 2, 4], got [1, 3, 4]");
  fails(message_of<ShapeError>([&] { net(randn({0, 2, 3})); }), "at least one step");
  fails(message_of<DtypeError>([&] { net(randn({5, 2, 3}, kFloat64)); }), "float64");
  fails(message_of<ValueError>([] { nn::LSTM(nn::LSTMOptions(3, 4).proj_size(4)); }), "proj_size must be below");
  fails(message_of<ValueError>([] { nn::GRU(nn::GRUOptions(3, 4).num_layers(0)); }), "num_layers must be positive");
  fails(message_of<ValueError>([] { nn::RNN(nn::RNNOptions(3, 4).nonlinearity("gelu")); }), "tanh or relu");
  fails(message_of<ShapeError>([] { nn::GRUCell(3, 4)(randn({2, 3}), randn({4})); }), "2 dimensions");
  fails(message_of<ShapeError>([] { nn::GRUCell(3, 4)(randn({2, 5})); }), "5 features");
  const TensorList in = operands(1, {2}, 2, 3, 0, kFloat32);
  fails(message_of<ValueError>([&] {
          autograd::rnn_layer(in[0], in[1], weights_of(in), {{1, 2}}, false);
        }),
        "must be positive and not grow");
}

BOOST_AUTO_TEST_SUITE_END()
