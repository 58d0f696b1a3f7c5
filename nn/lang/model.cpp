#include "weft/nn/lang/model.h"

#include <sstream>

#include "weft/nn/lang/lexer.h"
#include "weft/nn/lang/walk.h"

namespace weft::nn {
namespace {

std::string printed(const Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace

ModelImpl::ModelImpl(lang::Chain description) : description_(std::move(description)) {
  lang::Chain layers;
  std::tie(input_, layers) = lang::split_input(description_);
  lang::Walk walk;
  output_ = walk.plan(layers, input_);
  whole_ = walk.reads_whole_numbers();
  walk.build(*this, layers, input_);
  built_ = printed(*this);
}

ModelImpl::ModelImpl(const ModelImpl& head, const lang::Chain& tail)
    : description_(head.description_), input_(head.input_) {
  check<StateError>(head.is_as_described(), "[model] was changed by hand and cannot be continued");
  description_.layers.insert(description_.layers.end(), tail.layers.begin(), tail.layers.end());
  lang::Walk walk;
  output_ = walk.plan(lang::split_input(description_).second, input_);
  whole_ = walk.reads_whole_numbers();
  for (size_t i = 0; i < head.size(); ++i) push_back(head.named_children()[i].key(), head.begin()[i]);
  walk.build(*this, tail, head.output_);
  built_ = printed(*this);
}

std::shared_ptr<Module> ModelImpl::clone(const std::optional<Device>& device) const {
  const auto layers = std::static_pointer_cast<SequentialImpl>(SequentialImpl::clone(device));
  auto copy = std::make_shared<ModelImpl>(*this);
  static_cast<SequentialImpl&>(*copy) = *layers;
  return copy;
}

void ModelImpl::pretty_print(std::ostream& stream) const { stream << "weft::nn::Model"; }

void ModelImpl::check_input(const Tensor& x) const {
  const IntArrayRef sizes = x.sizes(), wanted = input_;
  const size_t batch = sizes.size() > wanted.size() ? 1 : 0;
  const IntArrayRef sample(sizes.data() + batch, sizes.size() - batch);
  check<ShapeError>(sample == wanted, "[model] takes {}, got {} (a batch of sizes {})", wanted, sample, sizes);
}

bool ModelImpl::is_as_described() const { return printed(*this) == built_; }

std::ostream& operator<<(std::ostream& stream, const Model& model) { return stream << model->text(); }

Model operator|(const Model& model, const lang::Chain& tail) {
  return Model(std::make_shared<ModelImpl>(*model, tail));
}

Model parse(std::string_view text) {
  const lang::Chain description(text);
  const lang::LayerSpec& first = description.layers.front();
  lang::at_place(first.place, [&] {
    check<ValueError>(description.layers.size() != 1 || first.layer != "input", "[model] has no layers: {} | ...",
                      description.text());
  });
  return Model(std::make_shared<ModelImpl>(description));
}

}  // namespace weft::nn
