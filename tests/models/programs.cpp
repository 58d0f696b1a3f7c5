// Runs the programs like a user: results, metrics, saving, resuming, and errors for wrong input.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/models/support.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/metrics_file.h"
#include "weft/train/notes.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(programs)

BOOST_FIXTURE_TEST_CASE(metrics_tell_the_course, Folder) {
  Outcome o = run("mnist_mlp --epochs 3 --hidden 64 --metrics m.jsonl --save weights.safetensors");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(o, "epoch 3/3"));
  std::ifstream in(path / "m.jsonl");
  int records = 0;
  for (std::string line; std::getline(in, line);) {
    auto r = nlohmann::json::parse(line);
    ++records;
    BOOST_TEST(r["epoch"] == records);
    BOOST_TEST(r["step"] == 20 * records);
    BOOST_TEST(r["test_accuracy"].get<double>() <= 1);
    for (const char* key : {"train_loss", "test_loss", "seconds", "samples_per_second", "learning_rate"})
      BOOST_TEST(r[key].is_number());
    if (records == 3) BOOST_TEST(r["test_accuracy"].get<double>() > 0.5);
  }
  BOOST_TEST(records == 3);
  BOOST_TEST(fs::exists(path / "weights.safetensors"));
  // If the disk is full, earlier records remain.
  o = run("mnist_mlp --epochs 16 --hidden 4 --metrics full.jsonl", "ulimit -f 2; ");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "full.jsonl cannot be written: File too large"));
  BOOST_TEST(!train::read_metrics((path / "full.jsonl").string()).empty());
  BOOST_TEST(read(path / "full.jsonl").back() == '\n');
}

BOOST_FIXTURE_TEST_CASE(a_resumed_run_gives_the_same_bits, Folder) {
  for (const std::string program : {"mnist_mlp --hidden 32", "mnist_cnn --net tutorial --batch 16"}) {
    BOOST_TEST(run(program + " --steps 14 --save whole.st").code == 0);
    BOOST_TEST(run(program + " --steps 5 --save part.st").code == 0);
    Outcome o = run(program + " --steps 14 --resume part.st --save joined.st");
    BOOST_TEST(contains(o, "resuming after epoch 0, step 5"));
    auto whole = load_safetensors((path / "whole.st").string()),
         joined = load_safetensors((path / "joined.st").string());
    BOOST_TEST(whole.tensors.size() == joined.tensors.size());
    for (size_t i = 0; i < whole.tensors.size(); ++i) BOOST_TEST_CONTEXT(whole.tensors[i].first) {
        BOOST_TEST(whole.tensors[i].first == joined.tensors[i].first);
        BOOST_TEST(whole.tensors[i].second.equal(joined.tensors[i].second));
      }
  }
}

BOOST_FIXTURE_TEST_CASE(a_run_folder_holds_all_of_a_run, Folder) {
  BOOST_TEST(run("mnist_mlp --epochs 3 --hidden 32 --out whole").code == 0);
  for (const char* file : {"report.html", "metrics.jsonl", "last.safetensors", "best.safetensors"})
    BOOST_TEST(fs::exists(path / "whole" / file), file);
  const std::string html = read(path / "whole/report.html");
  for (const char* part : {"<h1>mnist_mlp</h1>", "MNIST from", "id=\"confusion\"", "id=\"mistakes\"", "--hidden"})
    BOOST_TEST(html.find(part) != std::string::npos, part);

  // An existing run remains, and can be resumed.
  BOOST_TEST(contains(run("mnist_mlp --out whole"), "--resume whole"));
  BOOST_TEST(run("mnist_mlp --epochs 1 --hidden 32 --out parts/a").code == 0);
  std::ofstream(path / "parts/a/metrics.jsonl", std::ios::app) << "{\"epoch\": 2, \"step\": 40}\n{\"epo";
  BOOST_TEST(contains(run("mnist_mlp --epochs 2 --hidden 32 --resume --out parts/a"), "resuming after epoch 1"));
  BOOST_TEST(run("mnist_mlp --epochs 3 --resume parts/a").code == 0);  // its options are known
  const auto whole = load_safetensors((path / "whole/last.safetensors").string()),
             joined = load_safetensors((path / "parts/a/last.safetensors").string());
  BOOST_REQUIRE_EQUAL(whole.tensors.size(), joined.tensors.size());
  for (size_t i = 0; i < whole.tensors.size(); ++i)
    BOOST_TEST(whole.tensors[i].second.equal(joined.tensors[i].second), whole.tensors[i].first);
  const auto course = train::read_metrics((path / "parts/a/metrics.jsonl").string()),
             expected = train::read_metrics((path / "whole/metrics.jsonl").string());
  BOOST_REQUIRE_EQUAL(course.size(), 3u);
  for (size_t i = 0; i < 3; ++i) BOOST_TEST(course[i].test_loss == expected[i].test_loss);

  // A run that fails before its first step leaves no folder.
  BOOST_TEST(run("mnist_mlp --out none/a --batch 5000").code == 2);
  BOOST_TEST(run("mnist_mlp --out none/a --resume weights.st").code == 2);
  BOOST_TEST(!fs::exists(path / "none"));
  for (auto [command, part] : {std::pair{"mnist_mlp --resume", "needs --out"},
                               {"mnist_mlp --resume --out none", "no such folder"},
                               {"mnist_mlp --resume mnist", "no last.safetensors"},
                               {"mnist_mlp --resume whole --hidden 16", "the run in whole has --hidden 32"},
                               {"mnist_mlp --resume whole --early-stop 2", "the run in whole has no --early-stop"},
                               {"mnist_cnn --resume whole", "whole is a run of mnist_mlp, not of mnist_cnn"},
                               {"mnist_mlp --test-every 5", "--test-every"},
                               {"mnist_mlp --early-stop 0.5", "--early-stop"}}) {
    const Outcome o = run(command);
    BOOST_TEST(o.code == 2, command);
    BOOST_TEST(contains(o, part), command << ": " << o.text);
  }
}

BOOST_FIXTURE_TEST_CASE(checkpoints_tell_how_they_were_trained, Folder) {
  BOOST_TEST(run("mnist_cnn --steps 5 --batch 16 --lr 0.02 --out a").code == 0);
  for (const char* part : {"--lr", "0.02", "--batch", "threads", "conv 24 5"})
    BOOST_TEST(read(path / "a/report.html").find(part) != std::string::npos, part);
  const auto notes = train::notes_in(load_safetensors((path / "a/last.safetensors").string()).metadata, "a");
  BOOST_REQUIRE(notes);
  BOOST_TEST(notes->program == "mnist_cnn");
  BOOST_TEST(notes->data_set == "mnist");
  BOOST_TEST(notes->scale.mean[0] == 0.1307);
  BOOST_TEST(*notes->option("--batch") == "16");
  BOOST_TEST(!notes->option("--epochs").has_value());  // the steps count
  BOOST_TEST(contains(run("mnist_cnn --resume a --steps 7"), "resuming after epoch 0, step 5"));
  // It cannot be resumed with other data.
  fs::rename(path / "mnist", path / "elsewhere");
  const Outcome o = run("mnist_cnn --resume a --steps 9");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "the run was trained on mnist; the data set here is generated digits"));
}

BOOST_FIXTURE_TEST_CASE(ctrl_c_saves_and_gives_130, Folder) {
  const Outcome o = interrupt({"mnist_mlp", "--epochs", "1000000", "--hidden", "8", "--out", "a"}, "a");
  BOOST_TEST(o.code == 130, o.text);
  BOOST_TEST(contains(o, "resume with --resume a"));
  BOOST_TEST(read(path / "a/report.html").find("interrupted after step") != std::string::npos);
  BOOST_TEST(load_safetensors((path / "a/last.safetensors").string()).metadata.contains("checkpoint/step"));
}

BOOST_FIXTURE_TEST_CASE(early_stop_ends_a_run, Folder) {
  const Outcome o = run("mnist_mlp --epochs 9 --hidden 16 --early-stop 2 100");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(o, "epoch 3/9"));
  BOOST_TEST(contains(o, "stopped early"));
  BOOST_TEST(!contains(o, "epoch 4/9"));
}

BOOST_FIXTURE_TEST_CASE(wrong_input_is_named_and_gives_2, Folder) {
  write("t10k", 100, 3);
  std::ofstream(path / "noise.st") << "not a checkpoint";
  const std::pair<const char*, const char*> rows[] = {
      {"mnist_mlp --lr -1", "--lr: must be at least 0"},
      {"mnist_mlp --epochs 0", "--epochs: must be an integer"},
      {"mnist_mlp --batch 2.5", "--batch: must be an integer"},
      {"mnist_mlp --seed -3", "--seed"},
      {"mnist_mlp --threads 0", "--threads"},
      {"mnist_mlp --colour red", "--colour"},
      {"mnist_cnn --net deep", "--net"},
      {"mnist_mlp --batch 5000", "batches of 5000 cannot be taken from a set of 1280"},
      {"mnist_mlp --data nowhere", "nowhere"},
      {"mnist_mlp --resume nowhere.st", "nowhere.st"},
      {"mnist_mlp --resume noise.st", "noise.st"},
      {"mnist_mlp --save no/where.st", "no/where.st"},
      {"mnist_mlp --metrics no/where.jsonl", "no/where.jsonl"},
  };
  for (auto& [command, part] : rows) BOOST_TEST_CONTEXT(command) {
      Outcome o = run(command);
      BOOST_TEST(o.code == 2);
      BOOST_TEST(contains(o, part));
    }
  fs::resize_file(path / "mnist" / "train-images-idx3-ubyte", 5000);
  Outcome o = run("mnist_mlp --epochs 1 --save w.st --metrics m.jsonl");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "train-images-idx3-ubyte"));
  BOOST_TEST(!fs::exists(path / "w.st"));
  BOOST_TEST(!fs::exists(path / "m.jsonl"));
  BOOST_TEST(run("mnist_cnn --help").code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
