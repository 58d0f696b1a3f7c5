// Random models of the entire table: texts parse back, and forward gives the inferred sizes.
#include <set>

#include "tests/nn/random_models.h"
#include "tests/nn/support.h"
#include "weft/nn/lang/model.h"

namespace weft {

BOOST_AUTO_TEST_SUITE(lang_random)

BOOST_AUTO_TEST_CASE(models_read_back_build_and_give_the_inferred_sizes) {
  test::RandomModels random(7);
  std::set<std::string> met;
  for (int i = 0; i < 150; ++i) {
    const nn::lang::Chain chain = random.model();
    const std::string text = chain.text();
    BOOST_TEST_CONTEXT(text) {
      const nn::lang::Chain again(text);
      BOOST_TEST((again == chain));
      BOOST_TEST(again.text() == text);
      const std::string spaced = random.spaced(chain);
      BOOST_TEST_CONTEXT(spaced) BOOST_TEST((nn::lang::Chain(spaced) == chain));

      manual_seed(static_cast<uint64_t>(i));
      const nn::Model model = nn::parse(text);
      const nn::Summary summary = nn::summary(model);
      BOOST_TEST(model->num_parameters() == summary.parameters);
      Dims batch = model->input_sizes();
      batch.insert(0, 2);
      const bool integers = model->reads_whole_numbers();
      const Tensor x = integers ? zeros(batch, kInt64) : randn(batch);
      Dims wanted = model->output_sizes();
      wanted.insert(0, 2);
      for (const bool training : {true, false}) {
        model->train(training);
        BOOST_TEST(to_string(model(x).sizes()) == to_string(wanted));
      }
      // A clone computes the same; constructed directly, the network has the same cost.
      if (text.find("test_") == std::string::npos) {  // layers of other tests, which are not cloneable
        const auto clone = std::dynamic_pointer_cast<nn::ModelImpl>(model->clone());
        check_same(clone->forward(x), model(x));
        BOOST_TEST(clone->is_as_described());
      }
      if (!integers) {
        const nn::Summary run = nn::summary(nn::Sequential(model), model->input_sizes());
        BOOST_TEST(run.parameters == summary.parameters);
        BOOST_TEST(run.mflop == summary.mflop, boost::test_tools::tolerance(1e-9));
      }
      for (const auto& row : summary.rows) met.insert(row.layer.substr(0, row.layer.find_first_of(" (")));
    }
  }
  // The generator reaches (nearly) all of the table.
  BOOST_TEST(met.size() + 5 >= nn::lang::rows().size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
