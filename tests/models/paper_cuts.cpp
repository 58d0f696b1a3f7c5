// Small problems that users of the programs met.
#include <sstream>

#include "tests/models/support.h"
#include "weft/tensor/safetensors.h"

using namespace weft;

namespace {

struct Desk : Folder {
  /// The exit code of a program whose output cannot be written.
  int to_full(const std::string& command) const {
    const std::string line = "cd '" + path.string() + "' && WEFT_DATA='" + path.string() + "' '" +
                             WEFT_PROGRAMS_DIR "'/" + command + " >/dev/full 2>/dev/null </dev/null";
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(paper_cuts, Desk)

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_exit_code_2) {
  const std::string net = " --net 'flatten | linear 10' ";
  BOOST_TEST(run("weft train" + net + "--epochs 1 --out a").code == 0);
  for (const std::string command :
       {"weft --help", "weft --version", "weft train --help", "weft eval --help", "weft summary a", "weft show a",
        "weft eval a", "weft predict a mnist/t10k-images-idx3-ubyte", "mnist_mlp --help", "knn_iris"}) {
    BOOST_TEST(to_full(command) == 2, command);
  }
  BOOST_TEST(to_full("weft train" + net + "--epochs 2 --out b") == 2);
  BOOST_TEST(int_at(load_safetensors((path / "b/last.safetensors").string()).metadata, "checkpoint/epoch") == 2);
}

BOOST_AUTO_TEST_CASE(an_unknown_option_with_a_value_is_named) {
  for (const std::string command :
       {"weft train --config a.cfg --net 'linear 10'", "weft train --net 'linear 10' --config=a",
        "weft eval a --config b c", "mnist_mlp --config 3"}) {
    const Outcome o = run(command);
    BOOST_TEST(o.code == 2);
    BOOST_TEST(contains(o, "unknown option --config"), command);
  }
}

BOOST_AUTO_TEST_CASE(lines_fit_80_columns) {
  for (const std::string more : {"--epochs 2", "--epochs 2 --validation 0", "--steps 20 --test-every 10"}) {
    const Outcome o = run("weft train --net 'flatten | linear 10' --out a " + more);
    std::istringstream lines(o.text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("epoch") || line.starts_with("step") || line.starts_with("test "))
        BOOST_TEST(line.size() <= 80u, line);
    BOOST_TEST(contains(o, more.find("validation 0") == std::string::npos ? "best weights: by validation accuracy"
                                                                          : "best weights: by test accuracy"));
    fs::remove_all(path / "a");
  }
}

BOOST_AUTO_TEST_CASE(one_answer_everywhere) {
  // A learning rate that diverges: the best weights are not the last.
  for (const std::string validation : {"0", "0.2"}) {
    const Outcome o =
        run("weft train --net 'flatten | linear 10' --optimizer sgd --lr 0.01 --schedule 'exponential 7' "
            "--epochs 6 --validation " +
            validation + " --out a");
    BOOST_TEST(o.code == 0, o.text);
    const size_t at = o.text.rfind("test accuracy ");
    BOOST_REQUIRE(at != std::string::npos);
    const std::string figure = o.text.substr(at + 14, o.text.find(" %", at) - at - 14);
    BOOST_TEST(contains(o, "with the best weights, of epoch "));
    BOOST_TEST(contains(run("weft eval a"), "accuracy " + figure + " %"));
    BOOST_TEST(read(path / "a/report.html").find("<b>" + figure + " %</b><span>test accuracy") != std::string::npos);
    BOOST_TEST(read(path / "a/report.html").find("of the best weights, of epoch ") != std::string::npos);
    fs::remove_all(path / "a");
  }
}

BOOST_AUTO_TEST_CASE(a_loss_of_nan_is_exit_code_3) {
  for (const std::string command :
       {"weft train --net 'flatten | linear 32 | relu | linear 10' --optimizer sgd --lr 1e30 --out a",
        "mnist_mlp --lr 1e30 --out a", "mnist_cnn --lr 1e30 --batch 64 --out a",
        "mnist_regression --lr 1e38 --out a"}) {
    const Outcome o = run(command);
    BOOST_TEST(o.code == 3, command + o.text);
    // The regression's square overflows in the loss, although the outputs are finite.
    const bool in_loss = command.starts_with("mnist_regression");
    BOOST_TEST(contains(o, in_loss ? "the loss alone is not" : "is the first that is not finite"), command);
    fs::remove_all(path / "a");
  }
  BOOST_TEST(run("mnist_mlp --lr 1e30 --epochs 1 --allow-nan").code == 0);
  const Outcome sweep = run("mnist_by_hand --images 200 --hidden 16 --lr 1e30 0.1 --epochs 10");
  BOOST_TEST(sweep.code == 3, sweep.text);
  BOOST_TEST(contains(sweep, "1 of 2 networks have no results"));
}

BOOST_AUTO_TEST_CASE(version_and_summaries_and_help) {
  BOOST_TEST(contains(run("weft --version"), "weft 0."));
  BOOST_TEST(contains(run("weft summary 'flatten | linear 10'"), "7,850"));
  BOOST_TEST(contains(run("weft summary 'flatten | linear 10' --input 4"), "50"));
  BOOST_TEST(run("weft summary --help").text.find("--seed") == std::string::npos);
  BOOST_TEST(run("weft eval --help").text.find("--seed") == std::string::npos);
  BOOST_TEST(run("weft predict --help").text.find("--data ") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
