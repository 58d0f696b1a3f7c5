// Metrics against scikit-learn's numbers; early stopping; tables.
#include "weft/train/metrics.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"
#include "weft/train/early_stopping.h"
#include "weft/train/table.h"

using namespace weft;
using namespace weft::train;

namespace {

Tensor ids(std::vector<int64_t> v) {
  Tensor t = empty({static_cast<int64_t>(v.size())}, kInt64);
  std::copy(v.begin(), v.end(), t.data_ptr<int64_t>());
  return t;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
auto within() { return boost::test_tools::tolerance(1e-9); }

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

// sklearn.metrics.precision_recall_fscore_support([0,0,1,1,2,2,2], [0,1,1,1,2,0,2])
BOOST_AUTO_TEST_CASE(scores_are_scikit_learns) {
  ConfusionMatrix m(3);
  m.add(ids({0, 1, 1}), ids({0, 0, 1}));
  m.add(ids({1, 2, 0, 2}), ids({1, 2, 2, 2}));
  const double precision[] = {0.5, 2.0 / 3, 1}, recall[] = {0.5, 1, 2.0 / 3}, f1[] = {0.5, 0.8, 0.8};
  const int64_t support[] = {2, 2, 3};
  for (int64_t c = 0; c < 3; ++c) BOOST_TEST_CONTEXT("class " << c) {
      const ClassScores s = m.of(c);
      BOOST_TEST(s.precision == precision[c], within());
      BOOST_TEST(s.recall == recall[c], within());
      BOOST_TEST(s.f1 == f1[c], within());
      BOOST_TEST(s.support == support[c]);
    }
  BOOST_TEST(m.macro().precision == 13.0 / 18, within());
  BOOST_TEST(m.macro().recall == 13.0 / 18, within());
  BOOST_TEST(m.macro().f1 == 0.7, within());
  for (double v : {m.accuracy(), m.micro().precision, m.micro().recall, m.micro().f1})
    BOOST_TEST(v == 5.0 / 7, within());
  BOOST_TEST(m.total() == 7);
  BOOST_TEST(m.counts().equal(tensor({{1, 1, 0}, {0, 2, 0}, {1, 0, 2}}, kInt64)));
}

BOOST_AUTO_TEST_CASE(classes_that_do_not_occur) {
  ConfusionMatrix m(4);
  BOOST_TEST(m.accuracy() == 0);
  BOOST_TEST(m.macro().f1 == 0);
  m.add(ids({0, 0, 0}), ids({0, 0, 2}));
  BOOST_TEST(m.of(2).recall == 0);
  BOOST_TEST(m.of(2).precision == 0);
  BOOST_TEST(m.of(1).f1 == 0);
  BOOST_TEST(m.macro().recall == 0.5, within());  // classes 0 and 2 occur
  BOOST_TEST(m.macro().support == 3);
}

BOOST_AUTO_TEST_CASE(memory_and_tables_grow_with_the_classes_that_occur) {
  // Dense, this matrix would have 10^18 cells.
  ConfusionMatrix m(1'000'000'000);
  m.add(ids({0, 999'999'999, 7, 0}), ids({0, 999'999'999, 999'999'999, 7}));
  m.add(ids({7}), ids({999'999'999}));
  BOOST_TEST(m.total() == 5);
  BOOST_TEST(m.count(999'999'999, 7) == 2);
  BOOST_TEST(m.count(7, 999'999'999) == 0);
  BOOST_TEST(m.accuracy() == 0.4, within());
  BOOST_TEST(m.of(999'999'999).recall == 1.0 / 3, within());
  BOOST_TEST(m.of(5).support == 0);
  BOOST_TEST(m.macro().recall == (1 + 0 + 1.0 / 3) / 3, within());
  BOOST_TEST((m.listed_classes() == std::vector<int64_t>{0, 7, 999'999'999}));
  BOOST_TEST(m.counts_table() ==
             "true \\ predicted  0  7  999999999\n"
             "---------------------------------\n"
             "0                 1  0          0\n"
             "7                 1  0          0\n"
             "999999999         0  2          1\n");
  const std::string table = m.table();
  BOOST_TEST(std::count(table.begin(), table.end(), '\n') == 2 + 3 + 2);
  BOOST_CHECK_THROW(m.of(1'000'000'000), IndexError);
}

BOOST_AUTO_TEST_CASE(many_classes_show_the_most_confused_pairs) {
  constexpr int64_t kClasses = 60;
  ConfusionMatrix m(kClasses);
  std::vector<int64_t> target, answer;
  for (int64_t c = 0; c < kClasses; ++c)
    for (int64_t i = 0; i <= c; ++i) target.push_back(c), answer.push_back(i < 2 ? c : (c + 1) % kClasses);
  m.add(ids(answer), ids(target));
  const auto pairs = m.most_confused(3);
  BOOST_REQUIRE_EQUAL(pairs.size(), 3u);
  BOOST_TEST(pairs[0].target == 59);
  BOOST_TEST(pairs[0].predicted == 0);
  BOOST_TEST(pairs[0].count == 58);
  BOOST_TEST(pairs[2].count == 56);
  const std::string text = m.counts_table({"none"});
  BOOST_TEST(text.starts_with("most confused  predicted as  samples  of its class\n"), text);
  BOOST_TEST(text.find("59                     none       58       96.67 %\n") != std::string::npos, text);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 2 + ConfusionMatrix::kMostShown);
  BOOST_TEST((m.listed_classes().size() == 60u));
}

BOOST_AUTO_TEST_CASE(wrong_classes_are_refused_and_not_counted) {
  BOOST_CHECK_THROW(ConfusionMatrix(0), ValueError);
  ConfusionMatrix m(3);
  BOOST_CHECK_THROW(m.add(ids({0, 3}), ids({0, 1})), IndexError);
  BOOST_CHECK_THROW(m.add(ids({0, 1}), ids({0, -1})), IndexError);
  BOOST_CHECK_THROW(m.add(ids({0, 1}), ids({0})), ShapeError);
  BOOST_CHECK_THROW(m.add(zeros({2}), ids({0, 0})), DtypeError);
  BOOST_CHECK_THROW(m.add(zeros({1, 2}, kInt64), ids({0, 0})), ShapeError);
  BOOST_CHECK_THROW(m.count(0, 3), IndexError);
  BOOST_TEST(m.total() == 0);
}

BOOST_AUTO_TEST_CASE(batches_add_up_to_the_whole) {
  manual_seed(3);
  const Tensor logits = randn({50, 6}), target = randint(6, {50});
  Metrics whole(2), parts(2);
  whole.add(logits, target);
  for (auto [from, to] : {std::pair<int64_t, int64_t>{0, 20}, {20, 21}, {21, 50}})
    parts.add(logits.slice(0, from, to), target.slice(0, from, to));
  BOOST_TEST(whole.loss() == cross_entropy(logits, target).item<double>(), within());
  BOOST_TEST(parts.loss() == whole.loss(), boost::test_tools::tolerance(1e-6));
  BOOST_TEST(parts.accuracy() == whole.accuracy(), within());
  BOOST_TEST(parts.top_k_accuracy() == whole.top_k_accuracy(), within());
  BOOST_TEST(parts.confusion().counts().equal(whole.confusion().counts()));
  BOOST_TEST(parts.count() == 50);
  BOOST_TEST(whole.accuracy() == logits.argmax(1).eq(target).to(kDouble).mean().item<double>(), within());
  const Tensor best = std::get<1>(logits.topk(2, 1));
  BOOST_TEST(whole.top_k_accuracy() == best.eq(target.unsqueeze(1)).any(1).to(kDouble).mean().item<double>(), within());
  BOOST_TEST(whole.evaluation().loss == whole.loss());
}

BOOST_AUTO_TEST_CASE(equal_scores_and_not_a_number) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Metrics equal(2);
  equal.add(zeros({4, 4}), ids({0, 1, 2, 3}));
  BOOST_TEST(equal.top_k_accuracy() == 0.5);  // the first two of equal scores
  BOOST_TEST(equal.accuracy() == 0.25);
  Metrics broken(3);
  broken.add(full({3, 4}, nan), ids({0, 1, 2}), full({}, 0.5));
  BOOST_TEST(broken.top_k_accuracy() == broken.accuracy());  // argmax takes the first NaN: top-k is never below
  BOOST_TEST(broken.loss() == 0.5);
}

BOOST_AUTO_TEST_CASE(empty_and_changing_batches) {
  Metrics m;
  for (auto call : {&Metrics::loss, &Metrics::accuracy, &Metrics::top_k_accuracy})
    BOOST_CHECK_THROW((m.*call)(), StateError);
  BOOST_CHECK_THROW(m.add(zeros({3}), ids({0, 0, 0}), zeros({})), ShapeError);
  m.add(zeros({0, 3}), ids({}), zeros({}));
  BOOST_TEST(m.count() == 0);
  m.add(zeros({2, 3}), ids({0, 1}));
  BOOST_CHECK_THROW(m.add(zeros({2, 4}), ids({0, 1})), ShapeError);
  BOOST_CHECK_THROW(m.add(zeros({2, 3}), ids({0, 7}), zeros({})), IndexError);
  BOOST_TEST(m.count() == 2);
  BOOST_CHECK_THROW(Metrics(0), ValueError);
}

BOOST_AUTO_TEST_CASE(tables_are_aligned) {
  Table table({"näme", "value"});
  table.add({"a", "1.5"});
  table.add({"long one", "20.25"});
  BOOST_TEST(table.text() ==
             "näme      value\n"
             "---------------\n"
             "a           1.5\n"
             "long one  20.25\n");
  BOOST_CHECK_THROW(table.add({"one"}), ValueError);

  Metrics m(2);
  m.add(tensor({{2., 1., 0.}, {0., 3., 1.}}), ids({0, 2}));
  const std::string text = m.table({"cat", "dog"});
  for (const char* part : {"cat       1.0000  1.0000  1.0000        1\n", "dog ", "2         0.0000", "macro ",
                           "micro ", "accuracy 50.00 %, top-2 100.00 %, mean loss 1.2887\n"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " is not in\n" << text);
  BOOST_TEST(m.confusion().counts_table({"cat"}).find("true \\ predicted  cat  1  2\n") == 0u);
}

BOOST_AUTO_TEST_CASE(stopping_after_patience) {
  EarlyStopping lower(0.1, 2);
  BOOST_TEST(std::isnan(lower.best()));
  const double values[] = {1, 0.85, 0.8, 0.76, 0.7, kNan, 0.65};
  const bool improved[] = {true, true, false, false, false, false, false};
  for (int i = 0; i < 3; ++i) BOOST_TEST(!lower.step(values[i]));
  BOOST_TEST(lower.best() == 0.85);
  BOOST_TEST(lower.step(values[3]));  // 0.76 is within 0.1 of 0.85: the second in a row
  BOOST_TEST(lower.stopped());
  BOOST_TEST(lower.best_step() == 2);

  EarlyStopping again(0.1, 10);
  for (int i = 0; i < 7; ++i) {
    again.step(values[i]);
    BOOST_TEST(again.improved() == (improved[i] || values[i] < 0.75), "value " << i);
    if (values[i] < 0.75) break;
  }
  EarlyStopping higher(0, 2, EarlyStopping::max);
  BOOST_TEST(!higher.step(kNan));  // no value yet, and one not waited for in vain
  for (double v : {0.5, 0.6, 0.6, 0.7, 0.6}) BOOST_TEST(!higher.step(v));
  BOOST_TEST(higher.step(0.7));
  BOOST_TEST(higher.best() == 0.7);
  BOOST_CHECK_THROW(EarlyStopping(-1), ValueError);
  BOOST_CHECK_THROW(EarlyStopping{kNan}, ValueError);
  BOOST_CHECK_THROW(EarlyStopping(0, 0), ValueError);
}

BOOST_AUTO_TEST_CASE(stopping_goes_on_from_its_state) {
  const double values[] = {kNan, 3, 2.5, 2.6, 2.4, 2.45, 2.5, 2.41, 2.6};
  for (size_t cut = 0; cut <= std::size(values); ++cut) {
    EarlyStopping whole(0, 4), before(0, 4), after(0, 4);
    for (size_t i = 0; i < cut; ++i) before.step(values[i]);
    after.load_state_dict(before.state_dict());
    for (size_t i = 0; i < std::size(values); ++i) {
      const bool stop = whole.step(values[i]);
      if (i >= cut) BOOST_TEST(after.step(values[i]) == stop);
    }
    BOOST_TEST(whole.stopped());
    BOOST_TEST((after.state_dict() == whole.state_dict()));
  }
  EarlyStopping other;
  Metadata state = other.state_dict();
  state["waited"] = to_text(int64_t{7});
  BOOST_CHECK_THROW(other.load_state_dict(state), StateError);
  BOOST_CHECK_THROW(other.load_state_dict({{"scheduler", "StepLR"}}), StateError);
}

BOOST_AUTO_TEST_SUITE_END()
