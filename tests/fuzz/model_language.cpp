// Parses any bytes as a text of the model language: they are accepted or rejected with a weft::Error. An accepted text
// has a canonical form that parses back to the same; a valid small model is built, run, and has the inferred sizes.
//
// Under ctest this file makes the inputs itself, by mutating models:
//
//   build/release/tests/fuzz_model_language [COUNT [SEED]]     (a million: fuzz_model_language 1000000)
//
// With clang's libFuzzer (cmake --preset clang -B build/fuzz -DWEFT_SANITIZE=address,undefined,fuzzer-no-link
// -DWEFT_LIBFUZZER=ON, then ninja -C build/fuzz fuzz_model_language) the same target is
//
//   build/fuzz/tests/fuzz_model_language -runs=1000000 -max_len=400
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/lang/summary.h"
#include "weft/tensor/creation.h"

namespace {

using namespace weft;

long g_read = 0, g_run = 0;

void require(bool ok, const char* what, std::string_view text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

bool is_small(const nn::Summary& s) {
  for (const nn::SummaryRow& row : s.rows)
    if (numel_of(row.output) > 1000) return false;
  return s.parameters < 1000 && !s.rows.empty() && s.rows.size() < 20 && numel_of(s.input) <= 1000;
}

void run(const nn::lang::Chain& chain, const std::string& text) {
  ++g_run;
  NoGradGuard no_grad;
  try {
    nn::ModelImpl model(chain);
    model.eval();
    Dims batch = model.input_sizes(), wanted = model.output_sizes();
    batch.insert(0, 2), wanted.insert(0, 2);
    const Tensor made = model.forward(zeros(batch, model.reads_whole_numbers() ? kInt64 : kFloat32));
    require(made.sizes() == IntArrayRef(wanted), "another size than inferred", text);
  } catch (const Error& e) {
    require(false, e.what(), text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const nn::lang::Chain chain(text);
    const std::string canonical = chain.text();
    const nn::lang::Chain again(canonical);
    ++g_read;
    require(again == chain && again.text() == canonical, "does not read back", text);
    if (is_small(nn::summary(chain))) run(chain, canonical);
  } catch (const Error& e) {
    require(std::string_view(e.what()).starts_with("["), "a message of another form", e.what());
  }
  return 0;
}

#ifndef WEFT_LIBFUZZER
#include "tests/nn/random_models.h"

namespace {

class Mutations {
 public:
  explicit Mutations(uint32_t seed) : random_(seed) {
    for (int i = 0; i < 60; ++i) texts_.push_back(fresh());
    for (const nn::lang::LayerRow* row : nn::lang::rows()) {
      words_.push_back(row->name);
      for (const auto& option : row->options) words_.push_back(option.name);
    }
    for (const auto& row : nn::lang::initialisers()) words_.push_back(row.name);
    for (const char* word : {"|",
                             "(",
                             ")",
                             ",",
                             "=",
                             "#",
                             "\n",
                             "0",
                             "1",
                             "2",
                             "3x3",
                             "-1",
                             "0.5",
                             "1e9",
                             "1e308",
                             "4294967296",
                             "9223372036854775808",
                             "-0",
                             "0x10",
                             ".",
                             "\xC3\xA4",
                             "input 3 8 8 |"})
      words_.push_back(word);
  }

  std::string next() {
    if (random_.chance(100)) texts_[static_cast<size_t>(random_.below(static_cast<int>(texts_.size())))] = fresh();
    std::string text = random_.pick(texts_);
    for (int n = random_.below(4); n >= 0; --n) mutate(text);
    return text;
  }

 private:
  std::string fresh() { return random_.spaced(random_.model()); }
  size_t place(const std::string& text) {
    return static_cast<size_t>(random_.below(static_cast<int>(text.size()) + 1));
  }

  void mutate(std::string& text) {
    constexpr size_t kLongest = 400;
    const size_t at = place(text), length = static_cast<size_t>(random_.below(12));
    switch (random_.below(6)) {
      case 0:
        text.insert(at, " " + random_.pick(words_) + " ");
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(random_.below(256));
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(place(text), 4 * length));
        break;
      case 4: {
        const std::string& other = random_.pick(texts_);
        text = text.substr(0, at) + other.substr(place(other));
        break;
      }
      default: {  // replaces a word by another
        const size_t begin = text.find_first_not_of(" \n|", at), end = text.find_first_of(" \n|", begin);
        if (begin < text.size()) text.replace(begin, end - begin, random_.pick(words_));
      }
    }
    if (text.size() > kLongest) text.resize(kLongest);
  }

  weft::test::RandomModels random_;
  std::vector<std::string> texts_, words_;
};

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 20'000;
  Mutations mutations(argc > 2 ? static_cast<uint32_t>(std::atol(argv[2])) : 1);
  for (long i = 0; i < count; ++i) {
    const std::string text = mutations.next();
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  std::printf("%ld inputs, of which %ld were read and %ld built and run\n", count, g_read, g_run);
  return g_run > count / 50 ? 0 : 1;  // if nearly all mutations are rejected immediately, the test shows little
}
#endif
