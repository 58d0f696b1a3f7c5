// Small runs of the programs of docs/systems.md: each works, prints the expected output, and rejects invalid options.
#include "tests/models/support.h"
#include "weft/data/png.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/metrics_file.h"

using namespace weft;

BOOST_FIXTURE_TEST_SUITE(systems, Folder)

BOOST_AUTO_TEST_CASE(sigmoid_keeps_the_best_and_reads_an_image) {
  for (const std::string loss : {"cross_entropy", "mse", "hinge", "logistic", "softmax"}) BOOST_TEST_CONTEXT(loss) {
      const Outcome o = run("mnist_sigmoid --steps 600 --test-every 200 --predict 3 --loss " + loss);
      BOOST_TEST(o.code == 0);
      BOOST_TEST(contains(o, "step 400/600"));
      BOOST_TEST(contains(o, "image 3 of the test set is a "));
      const size_t at = o.text.find("best accuracy ");
      BOOST_TEST(std::stod(o.text.substr(at + 14)) > 20);  // chance is 10
    }
}

// The command weft opens the programs' checkpoints, and gets the same results: inputs are scaled and losses computed
// alike.
BOOST_AUTO_TEST_CASE(weft_opens_the_checkpoints_of_programs) {
  for (const std::string program :
       {"mnist_sigmoid --steps 400 --test-every 400", "mnist_sigmoid --steps 400 --test-every 400 --loss mse",
        "mnist_sigmoid --steps 400 --test-every 400 --loss hinge", "mnist_two_layer --epochs 1",
        "mnist_regression --epochs 1 --batch 64", "mnist_regression --tuned --epochs 1 --batch 64",
        "mnist_mlp --epochs 1 --hidden 16", "mnist_cnn --steps 3 --batch 16",
        "mnist_cnn --net tutorial --steps 3 --batch 16"})
    BOOST_TEST_CONTEXT(program) {
      const Outcome trained = run(program + " --save net.safetensors");
      BOOST_TEST(trained.code == 0);
      const size_t at = trained.text.find("test loss ");
      BOOST_REQUIRE(at != std::string::npos);
      const double loss = std::stod(trained.text.substr(at + 10));
      const double accuracy = std::stod(trained.text.substr(trained.text.find("test accuracy ", at) + 14));
      const Outcome seen = run("weft eval net.safetensors");
      BOOST_TEST(seen.code == 0);
      const size_t mean = seen.text.find("mean loss ");
      BOOST_REQUIRE(mean != std::string::npos);
      BOOST_TEST(std::stod(seen.text.substr(mean + 10)) == loss, boost::test_tools::tolerance(1e-3));
      BOOST_TEST(std::stod(seen.text.substr(seen.text.find("\naccuracy ") + 10)) == accuracy);
    }
}

BOOST_AUTO_TEST_CASE(sigmoid_goes_on_with_its_best) {
  auto best_in = [](const Outcome& o) {
    const size_t at = o.text.find("best accuracy ");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, o.text);
    return std::stod(o.text.substr(at + 14));
  };
  const double best = best_in(run("mnist_sigmoid --steps 600 --test-every 100 --save a.safetensors"));
  // The best weights are in the file, and are those of the new folder until there are better ones.
  const Outcome more = run("mnist_sigmoid --resume a.safetensors --steps 601 --out b");
  BOOST_TEST(contains(more, "resuming after"));
  BOOST_TEST(best_in(more) >= best);
  const Outcome seen = run("weft eval b/best.safetensors");
  BOOST_TEST(std::stod(seen.text.substr(seen.text.find("\naccuracy ") + 10)) == best_in(more));
}

// The default is 60,000 steps, an epoch of MNIST: the run resumed by epochs begins after its end.
BOOST_AUTO_TEST_CASE(a_run_of_steps_goes_on_by_epochs) {
  BOOST_TEST(run("mnist_mlp --hidden 8 --batch 128 --steps 10 --out a").code == 0);
  BOOST_TEST(run("mnist_mlp --resume a --epochs 2").code == 0);
  const auto course = train::read_metrics((path / "a/metrics.jsonl").string());
  BOOST_REQUIRE_EQUAL(course.size(), 2u);
  BOOST_TEST(course[0].step == 10);
  BOOST_TEST(course[1].step == 20);
  BOOST_TEST(course[1].epoch == 2);
  BOOST_TEST(course[1].train_loss > 0);
}

BOOST_AUTO_TEST_CASE(two_layers_train_and_their_gradients_are_right) {
  const Outcome trained = run("mnist_two_layer --epochs 2 --save two_layer.safetensors");
  BOOST_TEST(trained.code == 0);
  BOOST_TEST(contains(trained, "epoch 2/2"));
  BOOST_TEST(contains(trained, " %; test "));  // also the training accuracy
  const Outcome checked = run("mnist_gradient_check --sample 20 --images 3");
  BOOST_TEST(checked.code == 0);
  BOOST_TEST(contains(checked, "the model in two_layer.safetensors"));
  BOOST_TEST(contains(checked, "all below 1e-06"));
  fs::remove(path / "two_layer.safetensors");
  BOOST_TEST(contains(run("mnist_gradient_check --sample 1 --images 1"), "a new model"));
}

BOOST_AUTO_TEST_CASE(regression_tells_the_scores_of_each_class) {
  const Outcome o = run("mnist_regression --epochs 4 --batch 128");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(o, "precision  recall"));
  const Outcome tuned = run("mnist_regression --tuned --epochs 4 --batch 32");
  BOOST_TEST(std::stod(tuned.text.substr(tuned.text.rfind("accuracy ") + 9)) > 60);
}

BOOST_AUTO_TEST_CASE(sweeps_go_on_and_draw) {
  const std::string programs[] = {"mnist_mlp_study --hidden 8,16 --lr 0.01 --scale 255",
                                  "mnist_by_hand --hidden 8,16 --lr 0.1,0.01",
                                  "mnist_by_hand --hidden 8 --lr 0.001 --loss squared_error"};
  for (const std::string& program : programs) BOOST_TEST_CONTEXT(program) {
      const std::string command = program + " --epochs 2 --images 400 --results r.jsonl --chart c.svg";
      const Outcome first = run(command);
      BOOST_TEST(first.code == 0);
      BOOST_TEST(first.text.find("(r.jsonl)") == std::string::npos);
      const std::string results = read(path / "r.jsonl");
      BOOST_TEST(contains(run(command), "(r.jsonl)"));
      BOOST_TEST(read(path / "r.jsonl") == results);
      BOOST_TEST(read(path / "c.svg").find("hidden units") != std::string::npos);
    }
  // If the disk is full, a sweep ends with the runs in its file, and leaves no partial chart.
  const std::string command =
      "mnist_by_hand --hidden 4 --lr 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 --epochs 1 --images 100 ";
  const Outcome full = run(command + "--results full.jsonl", "ulimit -f 2; ");
  BOOST_TEST(full.code == 2);
  BOOST_TEST(contains(full, "full.jsonl cannot be written: File too large"));
  const std::string results = read(path / "full.jsonl");
  BOOST_TEST(!results.empty());
  BOOST_TEST(results.back() == '\n');
  BOOST_TEST(contains(run(command + "--results full.jsonl"), "(full.jsonl)"));
  const Outcome chart =
      run("mnist_by_hand --hidden 4 --lr 1 --epochs 1 --images 100 --chart full.svg", "ulimit -f 2; ");
  BOOST_TEST(chart.code == 2);
  BOOST_TEST(contains(chart, "'full.svg': cannot write: File too large"));
  BOOST_TEST(!fs::exists(path / "full.svg"));
}

BOOST_AUTO_TEST_CASE(neighbours_answer_without_training) {
  const Outcome digits = run("knn_mnist --all");
  BOOST_TEST(digits.code == 0);
  BOOST_TEST(contains(digits, "1280 training and 200 test images"));
  const size_t seven = digits.text.find("\n7 ");
  BOOST_REQUIRE(seven != std::string::npos);
  BOOST_TEST(std::stod(digits.text.substr(seven + 2)) > 60);  // chance is 10
  // More queries than fit into one block; each is in the training set.
  write("t10k", 1280, 1);
  BOOST_TEST(contains(run("knn_mnist --all"), "100.00 %"));

  const Outcome flowers = run("knn_iris --curve curve.svg --regions regions.png");
  BOOST_TEST(flowers.code == 0);
  BOOST_TEST(contains(flowers, "lowest error 0.020 at k = 12"));
  BOOST_TEST(read(path / "curve.svg").find("neighbours") != std::string::npos);
  BOOST_TEST(data::read_png((path / "regions.png").string()).size(0) == 3);
}

BOOST_AUTO_TEST_CASE(sweeps_have_a_folder_and_go_on_where_they_were_interrupted) {
  const std::string short_sweep = "mnist_by_hand --hidden 8 --lr 0.1,0.01 --epochs 20 --images 400";
  BOOST_TEST(run(short_sweep + " --out whole").code == 0);
  for (const char* file :
       {"sweep.json", "results.jsonl", "report.html", "hidden-8_rate-0.1/last.safetensors",
        "hidden-8_rate-0.1/best.safetensors", "hidden-8_rate-0.01/report.html", "hidden-8_rate-0.01/metrics.jsonl"})
    BOOST_TEST(fs::exists(path / "whole" / file), file);
  const std::string html = read(path / "whole/report.html");
  for (const char* part : {"<svg", "hidden-8_rate-0.01/report.html", "--images", "400 images of MNIST"})
    BOOST_TEST(html.find(part) != std::string::npos, part);
  // The command weft opens its networks, and gets the results in the table.
  const std::string row = read(path / "whole/results.jsonl");
  const double accuracy = std::stod(row.substr(row.find("\"test accuracy %\":") + 18));
  const Outcome seen = run("weft eval whole/hidden-8_rate-0.1/last.safetensors");
  BOOST_TEST(std::stod(seen.text.substr(seen.text.find("\naccuracy ") + 10)) == accuracy,
             boost::test_tools::tolerance(1e-3));

  BOOST_TEST(contains(run(short_sweep + " --out whole"), "resume it by --resume whole"));
  BOOST_TEST(contains(run("mnist_by_hand --resume whole --epochs 30"), "the run in whole has --epochs 20"));
  BOOST_TEST(contains(run("mnist_mlp_study --resume whole"), "a sweep of mnist_by_hand, not of mnist_mlp_study"));
  BOOST_TEST(contains(run("mnist_by_hand --resume mnist"), "it is not the folder of a sweep"));
  fs::create_directory(path / "damaged");
  std::ofstream(path / "damaged/sweep.json") << "{\"program\": \"mnist_by";
  const Outcome damaged = run("mnist_by_hand --resume damaged");
  BOOST_TEST(damaged.code == 2);
  BOOST_TEST(contains(damaged, "damaged/sweep.json"));
  BOOST_TEST(contains(run(short_sweep + " --out other --results r.jsonl"), "omit --results"));
  // One more rate is one more network, after the others.
  const Outcome grown = run("mnist_by_hand --resume whole --lr 1 --hidden 8");
  BOOST_TEST(fs::exists(path / "whole/hidden-8_rate-1/last.safetensors"));
  BOOST_TEST(grown.text.find("rate 0.01, ") < grown.text.find("rate 1, "));
  BOOST_TEST(contains(run("mnist_by_hand --resume whole"), "rate 1, "));
  BOOST_TEST(contains(run("mnist_by_hand --resume whole --out elsewhere"), "cannot write to elsewhere"));
  BOOST_TEST(contains(run(short_sweep + " --out c --chart no/where.svg"), "no/where.svg"));
  // Options of several values may be given again.
  BOOST_TEST(run("mnist_mlp_study --hidden 8 --lr 0.01 --epochs 1 --images 100 --out study").code == 0);
  BOOST_TEST(run("mnist_mlp_study --resume study --scale 1,255").code == 0);
  BOOST_TEST(contains(run("mnist_mlp_study --resume study --scale 1"), "the run in study has --scale 1 255"));
  // A sweep that fails in its first network leaves nothing, and cannot be resumed with other data.
  const Outcome full = run("mnist_by_hand --hidden 8 --lr 1 --epochs 1 --images 100 --out d", "ulimit -f 8; ");
  BOOST_TEST(full.code == 2);
  BOOST_TEST(contains(full, "d/hidden-8_rate-1/"));
  BOOST_TEST(!fs::exists(path / "d"));
  BOOST_TEST(!fs::exists(path / "c"));
  BOOST_TEST(run(short_sweep + " --out c --chart c/chart.svg").code == 0);
  BOOST_TEST(fs::exists(path / "c/chart.svg"));
  fs::rename(path / "mnist", path / "elsewhere");
  const Outcome other = run("mnist_by_hand --resume whole --lr 2");
  BOOST_TEST(other.code == 2);
  BOOST_TEST(contains(other, "the sweep in whole was trained on mnist; the data set here is digits"));
  fs::rename(path / "elsewhere", path / "mnist");

  // A network interrupted by Ctrl-C resumes with the same bits.
  const std::string steps = "20000";
  const Outcome o =
      interrupt({"mnist_by_hand", "--hidden", "8", "--lr", "0.01", "--images", "20", "--epochs", steps, "--out", "a"},
                "a/hidden-8_rate-0.01");
  BOOST_TEST(o.code == 130, o.text);
  BOOST_TEST(contains(o, "interrupted after 0 of 1 networks; resume with --resume a"));
  BOOST_TEST(read(path / "a/results.jsonl").empty());
  BOOST_TEST(run("mnist_by_hand --resume a").code == 0);
  BOOST_TEST(run("mnist_by_hand --hidden 8 --lr 0.01 --images 20 --out b --epochs " + steps).code == 0);
  const auto course = train::read_metrics((path / "a/hidden-8_rate-0.01/metrics.jsonl").string()),
             expected = train::read_metrics((path / "b/hidden-8_rate-0.01/metrics.jsonl").string());
  BOOST_REQUIRE_EQUAL(course.size(), expected.size());
  for (size_t i = 0; i < course.size(); ++i) BOOST_TEST(course[i].epoch == expected[i].epoch);
  const auto joined = load_safetensors((path / "a/hidden-8_rate-0.01/last.safetensors").string()),
             whole = load_safetensors((path / "b/hidden-8_rate-0.01/last.safetensors").string());
  BOOST_REQUIRE_EQUAL(joined.tensors.size(), whole.tensors.size());
  for (size_t i = 0; i < whole.tensors.size(); ++i)
    BOOST_TEST(joined.tensors[i].second.equal(whole.tensors[i].second), whole.tensors[i].first);
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_gives_2) {
  std::ofstream(path / "noise.jsonl") << "noise\n";
  const std::pair<const char*, const char*> rows[] = {
      {"mnist_sigmoid --loss cosine",
       "--loss: must be one of cross_entropy, mse, hinge, logistic, softmax, got \"cosine\""},
      {"mnist_sigmoid --loss mze", "got \"mze\"; did you mean 'mse'?"},
      {"mnist_cnn --net quik", "did you mean 'quick'?"},
      {"mnist_sigmoid --predict 200", "there are 200 test images"},
      {"mnist_sigmoid --epochs 1 --test-every 10", "--test-every"},
      {"mnist_sigmoid --decay 2", "--decay: must be from 0 to 1"},
      {"mnist_gradient_check --model nowhere.safetensors", "nowhere.safetensors"},
      {"mnist_gradient_check --images 9999", "the first 9999 images of a set of 1280"},
      {"mnist_mlp_study --hidden 0", "--hidden: must be an integer"},
      {"mnist_mlp_study --scale 7", "--scale: must be one of 1, 255, got \"7\""},
      {"mnist_mlp_study --lr fast", "--lr"},
      {"mnist_mlp_study --chart c.gif", ".svg or .png"},
      {"mnist_mlp_study --images 400 --results noise.jsonl", "noise.jsonl:1"},
      {"mnist_by_hand --loss squared_eror", "did you mean 'squared_error'?"},
      {"mnist_by_hand --images 400 --results no/where.jsonl", "no/where.jsonl"},
      {"knn_mnist --train 0", "--train: must be an integer"},
      {"knn_mnist --train 100 --test 201", "201 images cannot be drawn from a set of 200"},
      {"knn_iris --curve curve.gif", ".svg or .png"},
      {"knn_iris --neighbours 3", "unknown option --neighbours"},
  };
  for (const auto& [command, part] : rows) BOOST_TEST_CONTEXT(command) {
      const Outcome o = run(command);
      BOOST_TEST(o.code == 2);
      BOOST_TEST(contains(o, part));
    }
}

BOOST_AUTO_TEST_SUITE_END()
