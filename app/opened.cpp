#include "weft/app/opened.h"

#include <fmt/format.h>

#include <filesystem>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/file_bytes.h"
#include "weft/tensor/safetensors.h"

namespace command {
using namespace weft;
namespace fs = std::filesystem;

namespace {

std::string read_text(const std::string& path) {
  // One made by the shell, as in `weft summary <(command)`, has a writer.
  std::error_code error;
  check<IoError>(!fs::is_fifo(path, error) || path.starts_with("/dev/fd/"), "[net] {}: is a pipe, not a file", path);
  std::string text = read_whole("net", path);
  const std::string_view format = text.find('\0') == std::string::npos ? std::string_view() : known_format(text);
  check<IoError>(format.empty(), "[net] {}: expected the text of a model, found {}", path, format);
  check<IoError>(!text.empty(), "[net] {}: expected the text of a model, the file is empty", path);
  return text;
}

}  // namespace

std::string model_text(const std::string& given) {
  std::error_code error;
  const bool is_name =
      given.find_first_of(" |(\n") == std::string::npos && given.find_first_of("/.") != std::string::npos;
  if (fs::is_regular_file(given, error) || (is_name && fs::exists(given, error))) return read_text(given);
  check<IoError>(!is_name, "[net] {}: no such file", given);
  return given;
}

bool is_checkpoint(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return fs::exists(path + "/best.safetensors", error) || fs::exists(path + "/last.safetensors", error);
  const std::string head = first_bytes(path, 9);
  return head.size() == 9 && head[8] == '{';
}

void check_reads_floats(const nn::Model& model) {
  check<DtypeError>(!model->reads_whole_numbers(), "[net] the model reads integers, but the data are floats");
}

bool is_png(const std::string& path) {
  return path.ends_with(".png") || known_format(first_bytes(path, 16)) == "a PNG image";
}

std::string checkpoint_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  for (const char* name : {"/best.safetensors", "/last.safetensors"})
    if (fs::exists(path + name, error)) return path + name;
  fail<IoError>("[load] '{}' is a folder without a run: it contains neither best.safetensors nor last.safetensors",
                path);
}

Opened open_checkpoint(const std::string& path) {
  Opened out;
  out.file = checkpoint_file(path);
  out.content = load_safetensors(out.file);
  out.model = load_model(out.content, out.file);
  out.model->eval();
  out.notes = train::notes_in(out.content.metadata, out.file);
  return out;
}

Inputs inputs_for(const Dims& wanted, const Dims& sample, const std::string& what) {
  check<ShapeError>(numel_of(wanted) == numel_of(sample),
                    "[net] the model takes {} = {} numbers, a sample of {} has {} = {}", wanted, numel_of(wanted), what,
                    sample, numel_of(sample));
  return {{}, {}, wanted};
}

train::Evaluation evaluate(nn::Model& model, Batches& batches, const train::Scoring& scoring, const Dims& sizes) {
  NoGradGuard no_grad;
  train::Evaluator evaluator(scoring);
  batches.each([&](data::Example<>& batch) {
    Dims shown = sizes;
    shown.insert(0, batch.data.size(0));
    evaluator.add(batch.data.reshape(shown), model->forward(batch.data), batch.target);
    return true;
  });
  return evaluator.evaluation();
}

}  // namespace command
