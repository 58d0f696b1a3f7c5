// Selecting, scattering and indexing against plain loops.
#include <functional>

#include "weft/autograd/functions.h"
#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/random.h"
#include "weft/tests/tensor/plain.h"

using namespace weft;
using namespace weft::plain;
using namespace weft::indexing;

BOOST_AUTO_TEST_SUITE(indexing)

namespace {

using Shape = std::vector<int64_t>;
using Values = std::vector<double>;

Tensor ints(const Values& v, const Shape& sizes, Dtype dtype = kInt64) { return tensor_of(v, sizes, dtype); }

// Values 0, 1, 2 ... in the layout.
Tensor counting(const Shape& sizes, Dtype dtype = kFloat32, Layout layout = Layout::Standard) {
  Values v;
  for (int64_t i = 0; i < numel_of(sizes); ++i) v.push_back(static_cast<double>(dtype == kBool ? i % 2 : i % 200));
  return tensor_of(v, sizes, dtype, layout);
}

double at(const Tensor& t, const Shape& index) { return numbers(t)[offset_of(index, contiguous_strides(t.sizes()))]; }

}  // namespace

BOOST_AUTO_TEST_CASE(gather_and_scatter) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts)
      for (const Shape& shape : {Shape{6}, Shape{4, 5}, Shape{2, 5, 3, 4}}) {
        const Tensor x = counting(shape, dtype, layout);
        for (size_t dim = 0; dim < shape.size(); ++dim) {
          Shape picked = shape;
          picked[dim] = 7;
          if (dim > 0) picked[0] -= 1;
          const auto ids = some_integers(numel_of(picked), 0, static_cast<int>(shape[dim]) - 1, 11);
          const Tensor index = ints(ids, picked, dim % 2 ? kInt32 : kInt64);
          const Tensor src = counting(picked, dtype, layout);
          const auto from = numbers(x), s = numbers(src);
          const auto got = numbers(x.gather(static_cast<int64_t>(dim), index));
          auto put = from, added = from;
          int64_t i = 0;
          for_each_index(picked, [&](Shape here) {
            here[dim] = static_cast<int64_t>(ids[i]);
            const int64_t o = offset_of(here, contiguous_strides(shape));
            BOOST_REQUIRE(got[i] == from[o]);
            put[o] = s[i];
            added[o] += s[i++];
          });
          BOOST_REQUIRE(numbers(x.scatter(static_cast<int64_t>(dim), index, src)) == put);
          if (dtype != kBool && dtype != kUInt8)
            BOOST_REQUIRE(numbers(x.scatter_add(static_cast<int64_t>(dim), index, src)) == added);
        }
      }
  BOOST_TEST((numbers(zeros({2, 2}).scatter(1, ints({1, 0}, {2, 1}), 5)) == Values{0, 5, 5, 0}));
  BOOST_TEST(tensor(3.).gather(0, tensor(0)).item<float>() == 3);
  BOOST_TEST(zeros({2, 3}).gather(1, empty({2, 0}, kInt64)).numel() == 0);
}

BOOST_AUTO_TEST_CASE(rows_by_number) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts)
      for (int64_t dim = 0; dim < 4; ++dim) {
        const Shape shape = {3, 4, 2, 5};
        const Tensor x = counting(shape, dtype, layout), ids = tensor({1, 0, 1});
        const Tensor got = x.index_select(dim, ids);
        for (int64_t i = 0; i < 3; ++i)
          BOOST_REQUIRE(numbers(got.select(dim, i)) == numbers(x.select(dim, i == 1 ? 0 : 1)));
        if (dtype == kBool || dtype == kUInt8) continue;
        const Tensor sum = x.index_add(dim, ids, got, 2);
        BOOST_REQUIRE(numbers(sum.select(dim, 0)) == numbers(x.select(dim, 0) * 3));
        BOOST_REQUIRE(numbers(sum.select(dim, 1)) == numbers(x.select(dim, 1) * 5));
      }
  BOOST_TEST(zeros({2, 3}).index_select(0, empty({0}, kInt64)).numel() == 0);
}

BOOST_AUTO_TEST_CASE(basic_indexing) {
  const Tensor x = counting({3, 4, 5});
  BOOST_TEST((x.index({1}).sizes() == IntArrayRef({4, 5})));
  BOOST_TEST(at(x.index({1}), {2, 3}) == at(x, {1, 2, 3}));
  BOOST_TEST(x.index({-1, -1, -1}).item<float>() == at(x, {2, 3, 4}));
  const Tensor part = x.index({Slice(1, None), "...", Slice(None, None, 2)});
  BOOST_TEST((part.sizes() == IntArrayRef({2, 4, 3})));
  BOOST_TEST(at(part, {0, 1, 2}) == at(x, {1, 1, 4}));
  BOOST_TEST(part.is_alias_of(x));
  BOOST_TEST((x.index({None, Ellipsis, None, 0}).sizes() == IntArrayRef({1, 3, 4, 1})));
  BOOST_TEST((x.index({Slice(-2, -1)}).sizes() == IntArrayRef({1, 4, 5})));
  BOOST_TEST((x.index({tensor(2), Slice(5, 9)}).sizes() == IntArrayRef({0, 5})));
  BOOST_TEST((x[2].sizes() == IntArrayRef({4, 5})));
}

// The arguments of Slice in libtorch's order: start, stop, step.
BOOST_AUTO_TEST_CASE(slices) {
  const Tensor x = arange(6);
  const std::pair<Slice, Tensor> rows[] = {{Slice(), tensor({0, 1, 2, 3, 4, 5})},
                                           {Slice(3), tensor({3, 4, 5})},
                                           {Slice(-2), tensor({4, 5})},
                                           {Slice(None), tensor({0, 1, 2, 3, 4, 5})},
                                           {Slice(None, 3), tensor({0, 1, 2})},
                                           {Slice(None, -4), tensor({0, 1})},
                                           {Slice(3, None), tensor({3, 4, 5})},
                                           {Slice(1, 4), tensor({1, 2, 3})},
                                           {Slice(1, 5, 2), tensor({1, 3})},
                                           {Slice(1, None, 2), tensor({1, 3, 5})},
                                           {Slice(None, 5, 2), tensor({0, 2, 4})},
                                           {Slice(None, None, 4), tensor({0, 4})},
                                           {Slice(2, 4, None), tensor({2, 3})},
                                           {Slice(None, None, None), tensor({0, 1, 2, 3, 4, 5})},
                                           {Slice(9), empty({0}, kInt64)}};
  int row = 0;
  for (const auto& [slice, want] : rows) BOOST_TEST_CONTEXT("row " << row++) BOOST_TEST(x.index({slice}).equal(want));
  BOOST_TEST(x.slice(0, None, 2).equal(tensor({0, 1})));
  BOOST_CHECK_THROW(x.index({Slice(None, None, 0)}), ValueError);
  BOOST_CHECK_THROW(x.index({Slice(None, None, -1)}), ValueError);
  static_assert(!std::is_convertible_v<int64_t, Slice>, "index({3}) is a number");
}

BOOST_AUTO_TEST_CASE(advanced_indexing) {
  for (Layout layout : kLayouts) {
    const Tensor x = counting({3, 4, 5, 2}, kFloat32, layout), i = tensor({0, 2, -1}), j = tensor({1, 3, 0}, kInt32);
    // Adjacent index dimensions stay in place.
    Tensor y = x.index({Slice(), i, j});
    BOOST_REQUIRE((y.sizes() == IntArrayRef({3, 3, 2})));
    BOOST_REQUIRE(at(y, {2, 1, 1}) == at(x, {2, 2, 3, 1}));
    BOOST_REQUIRE(at(y, {1, 2, 0}) == at(x, {1, 3, 0, 0}));
    // Separated ones move to the front.
    y = x.index({Slice(), i, Slice(), tensor({1, 0, 1})});
    BOOST_REQUIRE((y.sizes() == IntArrayRef({3, 3, 5})));
    BOOST_REQUIRE(at(y, {1, 2, 4}) == at(x, {2, 2, 4, 0}));
    // They broadcast.
    y = x.index({tensor({0, 2}), ints({0, 1, 3}, {3, 1})});
    BOOST_REQUIRE((y.sizes() == IntArrayRef({3, 2, 5, 2})));
    BOOST_REQUIRE(at(y, {2, 1, 3, 1}) == at(x, {2, 3, 3, 1}));
    // With integers and None around.
    y = x.index({1, None, i, "...", 0});
    BOOST_REQUIRE((y.sizes() == IntArrayRef({1, 3, 5})));
    BOOST_REQUIRE(at(y, {0, 1, 4}) == at(x, {1, 2, 4, 0}));
    // Masks.
    const Tensor mask = x.gt(50);
    BOOST_REQUIRE(same_bits(x.index({mask}), x.masked_select(mask)));
    BOOST_REQUIRE((numbers(x.index({mask})).size() == numbers(mask.nonzero()).size() / 4));
    y = x.index({Slice(), tensor({true, false, false, true})});
    BOOST_REQUIRE((y.sizes() == IntArrayRef({3, 2, 5, 2})));
    BOOST_REQUIRE(at(y, {1, 1, 2, 1}) == at(x, {1, 3, 2, 1}));
  }
  const Tensor x = counting({3, 4});
  BOOST_TEST((x.index({true}).sizes() == IntArrayRef({1, 3, 4})));
  BOOST_TEST((x.index({false}).sizes() == IntArrayRef({0, 3, 4})));
  BOOST_TEST((x.index({tensor(true), 1}).sizes() == IntArrayRef({1, 4})));
  BOOST_TEST((x.index({empty({0}, kInt64)}).sizes() == IntArrayRef({0, 4})));
  BOOST_TEST((numbers(x[tensor({2, 0})]) == Values{8, 9, 10, 11, 0, 1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(putting) {
  for (Dtype dtype : kDtypes) {
    Tensor x = zeros({2, 3}, dtype);
    x.index_put_({0, Slice(1, None)}, 1);
    x.index_put_({1}, tensor({1, 0, 1}));
    BOOST_REQUIRE((numbers(x) == Values{0, 1, 1, 1, 0, 1}));
    x.index_put_({tensor({0, 1}), tensor({0, 1})}, tensor({1., 1.}));
    BOOST_REQUIRE((numbers(x) == Values{1, 1, 1, 1, 1, 1}));
    x.index_put_({x.eq(1)}, 0);
    BOOST_REQUIRE((numbers(x) == Values(6, 0)));
  }
  Tensor x = zeros({3, 2});
  x.index_put_({tensor({0, 2, 0, 0})}, tensor({{1., 2.}}), true);
  BOOST_TEST((numbers(x) == Values{3, 6, 0, 0, 1, 2}));
  x.index_put_({tensor({1, 1})}, tensor({{1., 2.}, {3., 4.}}));  // the last one stays
  BOOST_TEST((numbers(x) == Values{3, 6, 3, 4, 1, 2}));
  x.index_put_({Slice(), 1}, tensor({7., 8., 9.}), true);
  BOOST_TEST((numbers(x) == Values{3, 13, 3, 12, 1, 11}));
  x.index_put_({tensor({0, 1, 2})}, x.flip(0));
  BOOST_TEST((numbers(x) == Values{1, 11, 3, 12, 3, 13}));
  Tensor y = zeros({4, 3, 2});  // through a transposed view
  y.transpose(0, 2).index_put_({Slice(), tensor({2, 0}), tensor({3, 1})}, tensor({5., 6.}));
  BOOST_TEST(at(y, {3, 2, 0}) == 5);
  BOOST_TEST(at(y, {3, 2, 1}) == 5);
  BOOST_TEST(at(y, {1, 0, 1}) == 6);
  BOOST_TEST(y.sum().item<float>() == 22);
  Tensor z = counting({4});
  z.index_put_({tensor({3, 2, 1, 0})}, z);  // reads what it writes
  BOOST_TEST((numbers(z) == Values{3, 2, 1, 0}));
}

BOOST_AUTO_TEST_CASE(masks_and_triangles) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts) {
      const Tensor x = counting({2, 3, 4, 5}, dtype, layout), mask = counting({3, 1, 5}, kBool);
      const auto v = numbers(x), filled = numbers(x.masked_fill(mask, 1)),
                 chosen = numbers(where(mask, x, x.eq(0).to(dtype)));
      Values selected;
      Shape coordinates;
      size_t i = 0;
      for_each_index({2, 3, 4, 5}, [&](const Shape& here) {
        const bool on = at(mask, {here[1], 0, here[3]}) != 0;
        BOOST_REQUIRE(filled[i] == (on ? 1 : v[i]));
        BOOST_REQUIRE(chosen[i] == (on ? v[i] : static_cast<double>(v[i] == 0)));
        if (on) selected.push_back(v[i]);
        if (v[i] != 0) coordinates.insert(coordinates.end(), here.begin(), here.end());
        ++i;
      });
      BOOST_REQUIRE(numbers(x.masked_select(mask)) == selected);
      BOOST_REQUIRE(numbers(x.nonzero()) == Values(coordinates.begin(), coordinates.end()));
      for (int64_t diagonal : {-7, -1, 0, 2, 9}) {
        const auto low = numbers(x.tril(diagonal)), high = numbers(x.triu(diagonal));
        i = 0;
        for_each_index({2, 3, 4, 5}, [&](const Shape& here) {
          BOOST_REQUIRE(low[i] == (here[3] - here[2] <= diagonal ? v[i] : 0));
          BOOST_REQUIRE(high[i] == (here[3] - here[2] >= diagonal ? v[i] : 0));
          ++i;
        });
      }
    }
  BOOST_TEST((tensor(0.).nonzero().sizes() == IntArrayRef({0, 0})));
  BOOST_TEST((tensor(2.).nonzero().sizes() == IntArrayRef({1, 0})));
  BOOST_TEST((one_hot(tensor({0, 2})).sizes() == IntArrayRef({2, 3})));
  BOOST_TEST((numbers(one_hot(tensor({1, 0}), 2)) == Values{0, 1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(other_orders) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts) {
      const Shape shape = {2, 3, 4, 5};
      const Tensor x = counting(shape, dtype, layout);
      const auto v = numbers(x), flipped = numbers(x.flip({1, -1})), rolled = numbers(x.roll({1, -2}, {0, 3}));
      size_t i = 0;
      for_each_index(shape, [&](const Shape& here) {
        BOOST_REQUIRE(flipped[i] == at(x, {here[0], 2 - here[1], here[2], 4 - here[3]}));
        BOOST_REQUIRE(rolled[i++] == at(x, {(here[0] + 1) % 2, here[1], here[2], (here[3] + 2) % 5}));
      });
      const Tensor joined = cat({x, x.flip(2), x}, 2);
      BOOST_REQUIRE((joined.sizes() == IntArrayRef({2, 3, 12, 5})));
      BOOST_REQUIRE(same_bits(joined.narrow(2, 0, 4), x));
      BOOST_REQUIRE(same_bits(joined.narrow(2, 4, 4), x.flip(2)));
      BOOST_REQUIRE(same_bits(joined.narrow(2, 8, 4), x));
    }
  BOOST_TEST((numbers(tensor({1, 2}).repeat({2, 2})) == Values{1, 2, 1, 2, 1, 2, 1, 2}));
  BOOST_TEST((numbers(tensor({{1, 2}, {3, 4}}).repeat_interleave(2, 1)) == Values{1, 1, 2, 2, 3, 3, 4, 4}));
  BOOST_TEST((numbers(tensor({{1, 2}, {3, 4}}).repeat_interleave(2)) == Values{1, 1, 2, 2, 3, 3, 4, 4}));
  BOOST_TEST((numbers(tensor({1, 2, 3}).roll(1)) == Values{3, 1, 2}));
  BOOST_TEST((stack({tensor({1, 2}), tensor({3, 4})}, 1).sizes() == IntArrayRef({2, 2})));
  BOOST_TEST((cat({tensor({1, 2}), tensor({0.5})}).dtype() == kFloat32));
  BOOST_TEST((cat({empty({0}), zeros({2, 3})}, 1).sizes() == IntArrayRef({2, 3})));
  const TensorList parts = counting({7}).split(3);
  BOOST_TEST(parts.size() == 3u);
  BOOST_TEST((numbers(parts[2]) == Values{6}));
  BOOST_TEST(counting({7}).chunk(3).size() == 3u);
  BOOST_TEST(counting({6}).chunk(4).size() == 3u);
  BOOST_TEST((numbers(counting({5}).split({1, 4})[1]) == Values{1, 2, 3, 4}));
  BOOST_TEST((numbers(counting({2, 3}).unbind(1)[2]) == Values{2, 5}));
}

BOOST_AUTO_TEST_CASE(any_threads) {
  manual_seed(2);
  const Tensor x = randn({1000, 300}), ids = randint(1000, {5000}), src = randn({5000, 300});
  BOOST_TEST(same_at_any_threads([&] { return x.index_add(0, ids, src); }));
  BOOST_TEST(same_at_any_threads([&] { return x.scatter_add(0, ids.unsqueeze(1).expand({5000, 300}), src); }));
  BOOST_TEST(same_at_any_threads([&] { return x.index({ids}); }));
  BOOST_TEST(same_at_any_threads([&] { return x.clone().index_put_({ids}, src, true); }));
  BOOST_TEST(same_at_any_threads([&] { return x.clone().index_put_({ids}, src); }));
  BOOST_TEST(same_at_any_threads([&] { return x.gt(0).nonzero(); }));
  BOOST_TEST(same_at_any_threads([&] { return cat({x, x.flip(0)}, 1); }));
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({3, 4});
  try {
    x.index({Slice(), tensor({1, 7})});
    BOOST_ERROR("no error");
  } catch (const IndexError& e) {
    BOOST_TEST(std::string(e.what()).find("index 7 is out of range for dimension 1 of size 4") != std::string::npos);
  }
  // Errors name the original's dimension, not that of the view so far.
  const Tensor deep = zeros({2, 5, 10});
  const std::pair<std::vector<weft::indexing::TensorIndex>, const char*> named[] = {
      {{0, 1, 15}, "index 15 is out of range for dimension 2 of size 10"},
      {{0, 7}, "index 7 is out of range for dimension 1 of size 5"},
      {{"...", -11}, "index -11 is out of range for dimension 2 of size 10"},
      {{None, 1, None, 0, 10}, "index 10 is out of range for dimension 2 of size 10"},
      {{0, Slice(), tensor(10)}, "index 10 is out of range for dimension 2 of size 10"},
      {{0, tensor({3, 9})}, "index 9 is out of range for dimension 1 of size 5"},
      {{0, None, tensor({3, 4}), tensor({1, 12})}, "index 12 is out of range for dimension 2 of size 10"},
      {{tensor({1}), 0, tensor({30})}, "index 30 is out of range for dimension 2 of size 10"},
      {{true, 1, 0, tensor({30})}, "index 30 is out of range for dimension 2 of size 10"},
      {{0, zeros({4, 10}, kBool)}, "a mask of sizes [4, 10] at dimension 1"},
  };
  for (const auto& [indices, message] : named) {
    const auto says = [message = message](const IndexError& e) {
      return std::string(e.what()).find(message) != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(deep.index(indices), IndexError, says);
    BOOST_CHECK_EXCEPTION(deep.clone().index_put_(indices, ones({})), IndexError, says);
  }
  const std::vector<std::function<void()>> out_of_range = {
      [&] { x.index({3}); },
      [&] {
        x.index({0, 0, 0});
      },
      [&] {
        x.index({"...", "..."});
      },
      [&] { x.index({".."}); },
      [&] { x.index({tensor({-4})}); },
      [&] {
        x.index({zeros({3, 3}, kBool)});
      },
      [&] { x.index_select(0, tensor({3})); },
      [&] { x.index_select(2, tensor({0})); },
      [&] {
        x.gather(1, ints({4}, {1, 1}));
      },
      [&] {
        x.scatter(0, ints({-1}, {1, 1}), 1);
      },
      [&] {
        x.index_add(0, tensor({5}), zeros({1, 4}));
      },
      [&] { x.clone().index_put_({tensor({3})}, 1); },
      [&] { one_hot(tensor({3}), 3); },
      [&] { x.flip(2); },
      [&] {
        cat({x, x}, 2);
      },
  };
  for (const auto& call : out_of_range) BOOST_CHECK_THROW(call(), IndexError);
  BOOST_CHECK_THROW(x.gather(1, zeros({4, 1}, kInt64)), ShapeError);
  BOOST_CHECK_THROW(x.gather(1, zeros({3}, kInt64)), ShapeError);
  BOOST_CHECK_THROW(x.scatter(1, zeros({3, 2}, kInt64), zeros({3, 1})), ShapeError);
  BOOST_CHECK_THROW(x.index({tensor({0, 1}), tensor({0, 1, 2})}), ShapeError);
  BOOST_CHECK_THROW(x.clone().index_put_({tensor({0, 1})}, zeros({3})), ShapeError);
  BOOST_CHECK_THROW(x.index_add(0, tensor({0}), zeros({2, 4})), ShapeError);
  BOOST_CHECK_THROW(cat({x, zeros({3, 4, 1})}), ShapeError);
  BOOST_CHECK_THROW(cat({x, zeros({3, 5})}), ShapeError);
  BOOST_CHECK_THROW(stack({x, zeros({3, 5})}), ShapeError);
  BOOST_CHECK_THROW(zeros({3}).tril(), ShapeError);
  BOOST_CHECK_THROW(x.split({1, 1}, 0), ShapeError);
  BOOST_CHECK_THROW(x.index({tensor({0.5})}), DtypeError);
  BOOST_CHECK_THROW(x.gather(1, zeros({3, 1})), DtypeError);
  BOOST_CHECK_THROW(x.masked_fill(x, 1), DtypeError);
  BOOST_CHECK_THROW(where(x, x, x), DtypeError);
  BOOST_CHECK_THROW(x.masked_fill(zeros({5}, kBool), 1), ShapeError);
  BOOST_CHECK_THROW(cat({}), ValueError);
  BOOST_CHECK_THROW(x.chunk(0), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
