// Runs the command weft like a user.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/models/support.h"
#include "weft/autograd/functions.h"
#include "weft/data/png.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/metrics_file.h"

using namespace weft;

namespace {

const std::string kNet = " --net 'flatten | linear 32 | relu | linear 10' ";

struct Desk : Folder {
  bool exists(const std::string& name) const { return fs::exists(path / name); }
  std::string text(const std::string& name) const { return read(path / name); }
  void put(const std::string& name, const std::string& content) const { std::ofstream(path / name) << content; }
  StateDict tensors(const std::string& name) const { return load_safetensors((path / name).string()); }
  Tensor images() const { return data::read_idx((path / "mnist/t10k-images-idx3-ubyte").string()); }
};

bool same(const StateDict& a, const StateDict& b) {
  if (a.tensors.size() != b.tensors.size()) return false;
  for (size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].first != b.tensors[i].first || !a.tensors[i].second.equal(b.tensors[i].second)) return false;
  return true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command, Desk)

BOOST_AUTO_TEST_CASE(trains_tests_and_predicts) {
  Outcome o =
      run("weft train" + kNet + "--epochs 4 --lr 0.01 --validation 0.1 --schedule 'cosine warmup 5' --out runs/a");
  BOOST_TEST(o.code == 0);
  for (const char* part : {"1,152 samples to train on, 128 to validate, 200 to test", "linear 32", "epoch 4/4",
                           "validation accuracy", "test accuracy", "saved to runs/a"})
    BOOST_TEST(contains(o, part), part);
  const auto course = train::read_metrics((path / "runs/a/metrics.jsonl").string());
  BOOST_REQUIRE_EQUAL(course.size(), 4u);
  BOOST_TEST(course[0].validation_accuracy > 0.1);
  BOOST_TEST(course[0].train_accuracy > 0.1);
  BOOST_TEST(std::isnan(course[2].test_accuracy));
  BOOST_TEST(course[3].test_accuracy > 0.6);
  BOOST_TEST(course[3].learning_rate < 1e-5);
  const std::string html = text("runs/a/report.html");
  for (const char* part : {"validation", "id=\"confusion\"", "id=\"mistakes\"", "linear 32", "cosine warmup 5"})
    BOOST_TEST(html.find(part) != std::string::npos, part);

  // A checkpoint can be opened alone, and its result is the run's.
  o = run("weft eval runs/a/last.safetensors");
  BOOST_TEST(contains(o, fmt::format("accuracy {:.2f} %", 100 * course[3].test_accuracy)));
  BOOST_TEST(contains(run("weft eval runs/a --part validation"), "128 samples of the validation part"));
  BOOST_TEST(contains(run("weft eval runs/a --data-set 'digits 100 test 50'"), "50 samples"));
  BOOST_TEST(contains(run("weft summary runs/a"), "--schedule"));
  BOOST_TEST(contains(run("weft show runs/a"), "runs/a/best.safetensors\n"));

  o = run("weft predict runs/a mnist/t10k-images-idx3-ubyte --count 3 --top 2");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(o, "t10k-images-idx3-ubyte[2]"));
  BOOST_TEST(contains(o, "probability"));
  const Tensor digit = images()[0];
  data::write_png((path / "digit.png").string(), digit);
  data::write_png((path / "paper.png").string(), (255 - digit.to(kInt32)).to(kUInt8));
  const Tensor wide = cat({zeros({28, 28}, kUInt8), digit, zeros({28, 28}, kUInt8)}, 1);
  data::write_png((path / "wide.png").string(), wide);
  auto answer = [](const std::string& text) { return text.substr(text.rfind(".png") + 4); };
  const Outcome right = run("weft predict runs/a digit.png");
  BOOST_TEST(right.code == 0);
  BOOST_TEST(answer(run("weft predict runs/a paper.png --invert").text) == answer(right.text));
  BOOST_TEST(contains(run("weft predict runs/a paper.png"), "--invert"));
  o = run("weft predict runs/a wide.png");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "wide.png is 84 x 28, the model takes 28 x 28"));
  BOOST_TEST(run("weft predict runs/a wide.png --resize").code == 0);
}

BOOST_AUTO_TEST_CASE(is_the_program_written_by_hand) {
  BOOST_TEST(run("mnist_mlp --hidden 16 --epochs 2 --seed 3 --save hand.st").code == 0);
  BOOST_TEST(run("weft train --net 'flatten | linear 16 | prelu | linear 10' --optimizer sgd --lr 0.1 --epochs 2 "
                 "--seed 3 --validation 0 --out a")
                 .code == 0);
  const StateDict hand = tensors("hand.st"), command = tensors("a/last.safetensors");
  BOOST_TEST(hand.at("fc1.weight").equal(command.at("1.weight")));
  BOOST_TEST(hand.at("fc2.bias").equal(command.at("3.bias")));
}

BOOST_AUTO_TEST_CASE(a_resumed_run_gives_the_same_bits) {
  const std::string rows[] = {
      "--augment 'shift 2, rotate 10' --schedule 'exponential 0.9' --optimizer 'sgd momentum 0.9 nesterov' --lr 0.05",
      "--validation 0.2 --early-stop 50 0.001 --schedule 'plateau patience 0' --replacement --scale standard",
      "--batch all --optimizer 'adamw weight_decay 0.1' --loss 'mse sum' --scale 'range -1 1'"};
  for (const std::string& row : rows) BOOST_TEST_CONTEXT(row) {
      const std::string command = "weft train" + kNet + row;
      BOOST_TEST(run(command + " --epochs 3 --out whole").code == 0);
      BOOST_TEST(run(command + " --epochs 2 --out part").code == 0);
      const Outcome o = run("weft train --resume part --epochs 3");
      BOOST_TEST(contains(o, "resuming after epoch 2"));
      BOOST_TEST(same(tensors("whole/last.safetensors"), tensors("part/last.safetensors")));
      BOOST_TEST(same(tensors("whole/best.safetensors"), tensors("part/best.safetensors")));
      BOOST_TEST(train::read_metrics((path / "part/metrics.jsonl").string()).size() == 3u);
      fs::remove_all(path / "whole"), fs::remove_all(path / "part");
    }
  // The same within an epoch; and options that may not change are rejected.
  const std::string command = "weft train" + kNet + "--batch 100 --schedule 'linear' ";
  BOOST_TEST(run(command + "--steps 30 --test-every 10 --out whole").code == 0);
  Outcome o = interrupt({"weft", "train", "--net", "flatten | linear 32 | relu | linear 10", "--batch", "100",
                         "--schedule", "constant", "--steps", "1000000", "--test-every", "7", "--out", "part"},
                        "part");
  BOOST_TEST(o.code == 130);
  BOOST_TEST(contains(o, "resume with --resume part"));
  const int64_t stopped = int_at(tensors("part/last.safetensors").metadata, "checkpoint/step");
  o = run("weft train --resume --out part --steps " + std::to_string(stopped + 9));
  BOOST_TEST(o.code == 0);
  BOOST_TEST(
      run("weft train" + kNet + "--batch 100 --steps " + std::to_string(stopped + 9) + " --test-every 7 --out straight")
          .code == 0);
  BOOST_TEST(same(tensors("straight/last.safetensors"), tensors("part/last.safetensors")));
  // A resume without further steps keeps the position within the epoch; the same options may be given again.
  BOOST_TEST(contains(run(command + "--test-every 10 --steps 30 --resume --out whole"), "nothing is left to train"));
  o = run("weft train --resume whole --steps 40");
  BOOST_TEST(o.code == 0, o.text);
  BOOST_TEST(run(command + "--steps 30 --test-every 10 --out twice").code == 0);
  BOOST_TEST(run("weft train --resume twice --steps 40").code == 0);
  BOOST_TEST(same(tensors("twice/last.safetensors"), tensors("whole/last.safetensors")));
  BOOST_TEST(contains(run("weft train --resume whole --epochs 5"), "epoch 5/5"));
  BOOST_TEST(contains(run("weft train --resume part --lr 0.5"), "has no --lr"));
  BOOST_TEST(contains(run("weft train --resume whole --batch 64"), "--batch 64: the run in whole has --batch 100"));
}

BOOST_AUTO_TEST_CASE(every_word_of_the_tables_trains) {
  for (const char* optimizer :
       {"sgd", "adam", "adamw amsgrad", "adamax", "nadam", "radam", "rmsprop centered", "adagrad", "adadelta rho 0.8"})
    BOOST_TEST(run("weft train --data-set iris --net 'linear 3' --epochs 1 --out a-" +
                   std::string(optimizer, std::string(optimizer).find(' ') == std::string::npos
                                              ? std::string(optimizer).size()
                                              : std::string(optimizer).find(' ')) +
                   " --optimizer '" + optimizer + "'")
                       .code == 0,
               optimizer);
  int i = 0;
  for (const char* schedule :
       {"constant", "step 2 gamma 0.5", "milestones 1 2", "exponential 0.999 by_step", "linear end 0.1", "polynomial 2",
        "cosine min 1e-4 restart 1 by_epoch factors 0.01 0.1", "one_cycle momentum", "plateau"})
    BOOST_TEST(run("weft train --data-set iris --net 'linear 3' --epochs 3 --out s" + std::to_string(i++) +
                   " --schedule '" + schedule + "'")
                       .code == 0,
               schedule);
  for (const char* loss : {"cross_entropy label_smoothing 0.1", "binary_cross_entropy sum", "mse", "mae",
                           "huber delta 0.5", "hinge", "logistic sum", "multi_margin squared"}) {
    const std::string out = "l" + std::to_string(i++);
    BOOST_TEST(
        run("weft train --data-set iris --net 'linear 8 | tanh | linear 3' --scale standard --lr 0.05 --batch 10 "
            "--epochs 8 --out " +
            out + " --loss '" + loss + "'")
                .code == 0,
        loss);
    const auto course = train::read_metrics((path / out / "metrics.jsonl").string());
    BOOST_TEST(course.back().train_loss < course.front().train_loss, loss);
    BOOST_TEST(course.back().test_accuracy > 0.6, loss);
    BOOST_TEST(contains(run("weft eval " + out + "/last.safetensors"),
                        fmt::format("accuracy {:.2f} %", 100 * course.back().test_accuracy)));
  }
  for (const char* scale : {"raw", "unit", "range -1 1", "standard", "normalize 5 2"})
    BOOST_TEST(run("weft train --data-set iris --net 'linear 3' --epochs 1 --out c" + std::to_string(i++) +
                   " --scale '" + scale + "'")
                       .code == 0,
               scale);
}

BOOST_AUTO_TEST_CASE(a_small_set_is_one_batch) {
  const std::string train = "weft train --data-set iris --samples 20 --net 'linear 3' --epochs 2 ";
  BOOST_TEST(run(train + "--out all").code == 0);
  BOOST_TEST(train::read_metrics((path / "all/metrics.jsonl").string()).back().step == 2);
  BOOST_TEST(run("weft train --resume all --epochs 3").code == 0);
  BOOST_TEST(contains(run(train + "--batch 64 --out told"), "batches of 64"));
  BOOST_TEST(run("weft train 'linear 3' --data-set iris --epochs 1 --out bare").code == 0);
}

BOOST_AUTO_TEST_CASE(tables_are_read_and_predicted) {
  std::string rows = "x,kind,y\n";
  for (int i = 0; i < 60; ++i) rows += fmt::format("{},{},{}\n", i % 7, i % 2 ? "odd one" : "even", i % 2 ? 3.5 : -2.5);
  put("some.csv", rows);
  const std::string net = "weft train --net 'linear 2' --lr 0.1 --epochs 30 --batch 8 ";
  BOOST_TEST(run(net + "--data-set csv:some.csv --target kind --out a").code == 0);
  BOOST_TEST(contains(run("weft eval a"), "accuracy 100.00 %"));
  const Outcome o = run("weft predict a some.csv --count 2");
  BOOST_TEST(contains(o, "some.csv:2"));
  BOOST_TEST(contains(o, "odd one"));
  BOOST_TEST(contains(run("weft show csv:some.csv --target kind"), "odd one"));
  BOOST_TEST(contains(run("weft eval a --data-set csv:some.csv --target kind"), "60 samples"));
  // Columns are matched by name, in any order.
  std::string turned = "y,kind,x\n";
  for (int i = 0; i < 60; ++i)
    turned += fmt::format("{},{},{}\n", i % 2 ? 3.5 : -2.5, i % 2 ? "odd one" : "even", i % 7);
  put("turned.csv", turned);
  BOOST_TEST(contains(run("weft eval a --data-set csv:turned.csv"), "accuracy 100.00 %"));
  put("other.csv", "z,kind,x\n1,even,2\n1,odd one,2\n");
  BOOST_TEST(contains(run("weft eval a --data-set csv:other.csv"), "no column is named \"y\""));
  put("latin.csv", "x,label\n1,B\xf6hme\n2,other\n1,B\xf6hme\n2,other\n1,B\xf6hme\n2,other\n");
  const Outcome latin = run("weft train --net 'linear 2' --data-set csv:latin.csv --batch 1 --test 0.4 --out latin");
  BOOST_TEST(latin.code == 2);
  BOOST_TEST(contains(latin, "not UTF-8"));
  // A seed larger than a double can represent is stored exactly.
  BOOST_TEST(run("weft train --data-set iris --net 'linear 3' --epochs 1 --seed 1764000000123456789 --out big").code ==
             0);
  BOOST_TEST(run("weft train --resume big --epochs 2").code == 0);
  BOOST_TEST(contains(run("weft summary big"), "1764000000123456789"));

  put("bad.csv", "a,b,label\n1,2,0\n3,four,1\n");
  const Outcome bad = run(net + "--data-set csv:bad.csv --out bad");
  BOOST_TEST(bad.code == 2);
  BOOST_TEST(contains(bad, "bad.csv:3: column 2 (\"b\"): expected a number, found \"four\""));
  BOOST_TEST(!exists("bad"));
}

BOOST_AUTO_TEST_CASE(wrong_input_is_named_and_leaves_nothing) {
  BOOST_TEST(run("weft train" + kNet + "--epochs 1 --out a").code == 0);
  put("noise.png", "no image");
  put("net.txt", "input 1 28 28\n| flaten | linear 10");
  StateDict other = tensors("a/last.safetensors");
  other.metadata["weft.language"] = "9";
  save_safetensors((path / "version.safetensors").string(), other.tensors, other.metadata);
  const std::string train = "weft train" + kNet;
  const std::pair<std::string, const char*> rows[] = {
      {"weft trian", "did you mean 'train'?"},
      {train + "--optimiser adam", "did you mean '--optimizer'?"},
      {train + "--optimizer adm", "did you mean 'adam'? Known: sgd, adam"},
      {train + "--optimizer 'sgd momentun 0.9'", "did you mean 'momentum'?"},
      {train + "--optimizer 'sgd nesterov'", "nesterov"},
      {train + "--schedule cosin", "did you mean 'cosine'?"},
      {train + "--schedule step", "every is missing: step every"},
      {train + "--schedule 'cosine warmup 100000'", "leave nothing of"},
      {train + "--loss cross_entrpy", "did you mean 'cross_entropy'?"},
      {train + "--augment 'shift 2, rotat 3'", "did you mean 'rotate'?"},
      {train + "--scale 'range 1 0'", "range"},
      {train + "--data-set mnits", "did you mean 'mnist'?"},
      {train + "--data-set csv:none.csv", "none.csv"},
      {train + "--data-set none.csv", "did you mean 'csv:none.csv'?"},
      {train + "--data-set fashion", "Fashion-MNIST is not in"},
      {train + "--data-set iris --augment 'shift 1'", "iris has none"},
      {train + "--batch 5000", "batches of 5000"},
      {train + "--batch some", "--batch"},
      {"weft show mnist/t10k-images-idx3-ubyte --one-hot", "--one-hot is for classes"},
      {train + "--schedule 'cosine mult 2'", "give restart, too"},
      {train + "--schedule 'cosine start 0.1'", "start is for a warmup"},
      {train + "--validation 1", "at least 0 and below 1"},
      {train + "--samples 99999", "99999"},
      {train + "--epochs 0", "--epochs"},
      {"weft train", "--net is missing"},
      {"weft train --net net.txt", "did you mean 'flatten'?"},
      {"weft train --net none.txt", "none.txt: no such file"},
      {"weft train --data-set iris --net 'embedding 9 4 | flatten | linear 3'", "the model reads integers"},
      {"weft train --net 'flatten | linear 9'", "mnist has 10 classes"},
      {"weft train --net 'input 100 | linear 10'", "a sample of mnist"},
      {"weft eval none.st", "none.st"},
      {"weft eval noise.png", "noise.png"},
      {"weft eval version.safetensors", "version 9"},
      {"weft predict a noise.png", "noise.png"},
      {"weft predict a none.png", "none.png"},
      {"weft predict a mnist/t10k-labels-idx1-ubyte", "expected images"},
      {"weft show nothing.idx", "nothing.idx"},
      {"weft show ./mnist", "'./mnist' is a folder without a run"},
      {"weft summary mnist", "'mnist' is a folder without a run"},
      {"weft eval mnist", "'mnist' is a folder without a run"},
  };
  for (const auto& [command, part] : rows) BOOST_TEST_CONTEXT(command) {
      const Outcome o = run(command + (command.starts_with("weft train") ? " --out none" : ""));
      BOOST_TEST(o.code == 2);
      BOOST_TEST(contains(o, part));
      BOOST_TEST(!exists("none"));
    }
  BOOST_TEST(contains(run(train + "--out a"), "--resume a"));
  BOOST_TEST(run("weft").code == 2);
  BOOST_TEST(run("weft --help").code == 0);
}

BOOST_AUTO_TEST_CASE(the_page_shows_what_help_says) {
  const std::string page = WEFT_TEST_DIR "/../docs/weft-command.md";
  const std::string help = run("weft train --help").text, begin = "Data sets:\n", end = "\nExample:";
  const size_t from = help.find(begin);
  BOOST_REQUIRE(from != std::string::npos && help.find(end) != std::string::npos);
  const std::string tables = help.substr(from, help.find(end) - from);
  auto text_of_page = [&] { return read(page); };
  const std::string before = text_of_page();
  const size_t mark = before.find("<!-- Below is what"), open = before.find("```\n", mark) + 4;
  BOOST_REQUIRE(mark != std::string::npos);
  const size_t close = before.find("```", open);
  if (std::getenv("WEFT_WRITE_DOCS")) std::ofstream(page) << before.substr(0, open) << tables << before.substr(close);
  BOOST_TEST(text_of_page().find("```\n" + tables + "```") != std::string::npos);
  for (size_t at = help.find("\n  --"); at != std::string::npos; at = help.find("\n  --", at + 1)) {
    const std::string option = help.substr(at + 3, help.find_first_of(" \n", at + 5) - at - 3);
    BOOST_TEST(text_of_page().find(option) != std::string::npos, option);
  }
}

BOOST_AUTO_TEST_CASE(the_pages_examples_run) {
  put("flowers.csv", read(WEFT_TEST_DIR "/../share/iris.csv"));
  const std::string page = read(WEFT_TEST_DIR "/../docs/weft-command.md"), begin = "\n    weft train ";
  int examples = 0;
  for (size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const std::string example = page.substr(at + 5, page.find('\n', at + 1) - at - 5);
    const size_t epochs = example.find("--epochs ") + 9;
    const size_t rest = std::min(example.size(), example.find(' ', epochs));
    const std::string command = fmt::format("{}1{}", example.substr(0, epochs), example.substr(rest));
    const Outcome o = run(command);
    BOOST_TEST(o.code == 0, command << ": " << o.text);
    ++examples;
  }
  BOOST_TEST(examples == 4);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_what_was_there) {
  const std::string net = "weft train --net 'flatten | linear 300 | relu | linear 10' ";
  BOOST_TEST(run(net + "--epochs 1 --out a").code == 0);
  const StateDict before = tensors("a/last.safetensors");
  // Files may grow to 512 kB, and a checkpoint needs more.
  const Outcome o = run("weft train --resume a --epochs 2", "ulimit -f 512; ");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "cannot write"));
  BOOST_TEST(same(tensors("a/last.safetensors"), before));
  for (const auto& entry : fs::directory_iterator(path / "a"))
    BOOST_TEST(entry.path().extension() != ".tmp", entry.path().string());
  BOOST_TEST(run(net + "--epochs 1 --out b", "ulimit -f 512; ").code == 2);
  BOOST_TEST(!exists("b"));
  BOOST_TEST(run("weft train --resume a --epochs 2").code == 0);
  // An error reports a report that cannot be written; the run's other files exist.
  const std::string small = "weft train --data-set iris --net 'linear 3' --epochs 2 --out c";
  const Outcome unreported = run(small, "ulimit -f 16; ");
  BOOST_TEST(unreported.code == 2);
  BOOST_TEST(contains(unreported, "report.html"));
  BOOST_TEST(!exists("c/report.html"));
  BOOST_TEST(exists("c/last.safetensors"));
}

BOOST_AUTO_TEST_SUITE_END()
