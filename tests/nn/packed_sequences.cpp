// Packed sequences: packing, padding, their gradients and errors.
#include "tests/nn/support.h"
#include "weft/autograd/gradcheck.h"
#include "weft/nn/utils/rnn.h"

using namespace weft;
namespace rnn = nn::utils::rnn;

BOOST_AUTO_TEST_SUITE(packed_sequences)

BOOST_AUTO_TEST_CASE(packing_and_padding_return_the_input) {
  const TensorList sequences{randn({2, 3}), randn({4, 3}), randn({1, 3})};
  const Tensor padded = rnn::pad_sequence(sequences, true, -1);
  BOOST_CHECK_EQUAL(to_string(padded.sizes()), "[3, 4, 3]");
  const auto packed = rnn::pack_padded_sequence(padded, tensor({2, 4, 1}), true, false);
  BOOST_CHECK_EQUAL(to_string(packed.data().sizes()), "[7, 3]");
  BOOST_CHECK(packed.batch_sizes().equal(tensor({3, 2, 1, 1})));
  BOOST_CHECK(packed.sorted_indices().equal(tensor({1, 0, 2})));
  auto [again, lengths] = rnn::pad_packed_sequence(packed, true, -1, 5);
  check_same(again.slice(1, 0, 4), padded);
  BOOST_CHECK(again.slice(1, 4).eq(-1).all().item<bool>());
  BOOST_CHECK(lengths.equal(tensor({2, 4, 1})));
  check_same(rnn::pad_sequence(sequences, false, 0, "left").select(1, 2)[3], sequences[2][0]);
  check_same(rnn::pack_sequence({sequences[1], sequences[0], sequences[2]}).data(), packed.data());
}

BOOST_AUTO_TEST_CASE(gradients_reach_the_sequences) {
  const autograd::DifferentiableFn f = [](const TensorList& t) {
    const auto packed = rnn::pack_sequence(t, false);
    return TensorList{std::get<0>(rnn::pad_packed_sequence(packed))};
  };
  const TensorOptions options = TensorOptions(kFloat64).requires_grad(true);
  BOOST_CHECK(autograd::gradcheck(f, {randn({1, 2}, options), randn({3, 2}, options)}));
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = randn({4, 2, 3});
  BOOST_CHECK_THROW(rnn::pack_padded_sequence(x, tensor({2, 4})), ValueError);
  BOOST_CHECK_THROW(rnn::pack_padded_sequence(x, tensor({5, 4})), ValueError);
  BOOST_CHECK_THROW(rnn::pack_padded_sequence(x, tensor({4, 0})), ValueError);
  BOOST_CHECK_THROW(rnn::pack_padded_sequence(x, tensor({4})), ShapeError);
  BOOST_CHECK_THROW(rnn::pack_padded_sequence(x, tensor({4.0, 2.0})), DtypeError);
  BOOST_CHECK_THROW(rnn::PackedSequence(randn({3, 2}), tensor({1, 2})), ValueError);
  BOOST_CHECK_THROW(rnn::PackedSequence(randn({3, 2}), tensor({2, 2})), ShapeError);
  BOOST_CHECK_THROW(rnn::pad_packed_sequence(rnn::pack_sequence({randn({3, 2})}), false, 0, 2), ValueError);
  BOOST_CHECK_THROW(rnn::pad_sequence({}), ValueError);
  BOOST_CHECK_THROW(rnn::pad_sequence({randn({2, 3}), randn({2, 4})}), ShapeError);
  BOOST_CHECK_THROW(rnn::pad_sequence({randn({2, 3})}, false, 0, "up"), ValueError);
  BOOST_CHECK_THROW(rnn::invert_permutation(tensor({0, 0})), IndexError);
}

BOOST_AUTO_TEST_SUITE_END()
