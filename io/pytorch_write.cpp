// Writes state dicts as torch.save does.
#include <fmt/format.h>

#include <map>
#include <set>

#include "weft/io/elements.h"
#include "weft/io/pytorch.h"
#include "weft/io/zip.h"

namespace weft::io {
namespace {

using detail::Element;

const char* storage_type(Element element) {
  switch (element) {
    case Element::Bool:
      return "BoolStorage";
    case Element::UInt8:
      return "ByteStorage";
    case Element::Int8:
      return "CharStorage";
    case Element::Int16:
      return "ShortStorage";
    case Element::Int32:
      return "IntStorage";
    case Element::Int64:
      return "LongStorage";
    case Element::Float16:
      return "HalfStorage";
    case Element::BFloat16:
      return "BFloat16Storage";
    case Element::Float64:
      return "DoubleStorage";
    default:
      return "FloatStorage";
  }
}

/// Opcodes of protocol 2.
class PickleWriter {
 public:
  PickleWriter() : out_("\x80\x02") {}

  void op(char code) { out_ += code; }
  void global(std::string_view module, std::string_view name) { out_ += fmt::format("c{}\n{}\n", module, name); }
  void text(std::string_view s) {
    op('X');
    number(static_cast<uint32_t>(s.size()));
    out_ += s;
  }
  void integer(int64_t v) {
    if (v >= INT32_MIN && v <= INT32_MAX) {
      op('J');
      number(static_cast<int32_t>(v));
    } else {
      out_ += "\x8a\x08";
      number(v);
    }
  }
  void tuple(IntArrayRef values) {
    op('(');
    for (int64_t v : values) integer(v);
    op('t');
  }
  /// OrderedDict()
  void ordered_dict() {
    global("collections", "OrderedDict");
    op(')'), op('R');
  }
  void tensor(const Tensor& t, const std::string& key, int64_t elements) {
    global("torch._utils", "_rebuild_tensor_v2");
    op('('), op('(');
    text("storage"), global("torch", storage_type(detail::element_of(t.dtype()))), text(key), text("cpu");
    integer(elements);
    op('t'), op('Q');
    integer(t.storage_offset()), tuple(t.sizes()), tuple(t.strides());
    op('\x89');
    ordered_dict();
    op('t'), op('R');
  }
  const std::string& finish() { return op('.'), out_; }

 private:
  template <class T>
  void number(T v) {
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  std::string out_;
};

/// The memory of one or several tensors in the file.
struct SavedStorage {
  std::string key;
  Tensor memory;  // of one dimension
};

/// Tensors that share memory keep it if it is theirs in full; one of a larger storage is copied.
bool keeps_storage(const Tensor& t, int64_t sharing) {
  const int64_t elements = t.impl().storage->bytes() / t.element_size();
  return sharing > 1 || (t.is_contiguous() && t.numel() == elements);
}

}  // namespace

void save_state_dict(const NamedTensors& tensors, const std::string& path) {
  std::set<std::string_view> names;
  std::map<std::pair<const void*, Dtype>, int64_t> sharing;
  for (const auto& [name, tensor] : tensors) {
    check<ValueError>(names.insert(name).second, "[save_state_dict] two tensors are named '{}'", name);
    check<StateError>(tensor.defined(), "[save_state_dict] tensor '{}' is undefined", name);
    tensor.data_ptr();  // puts the storage into standard order
    ++sharing[{tensor.impl().storage.get(), tensor.dtype()}];
  }
  std::map<std::pair<const void*, Dtype>, size_t> known;
  std::vector<SavedStorage> storages;
  PickleWriter pickle;
  pickle.ordered_dict();
  pickle.op('(');
  for (const auto& entry : tensors) {
    Tensor t = entry.second.detach();
    const auto id = std::pair<const void*, Dtype>(t.impl().storage.get(), t.dtype());
    const bool keeps = keeps_storage(t, sharing[id]);
    const auto found = keeps ? known.find(id) : known.end();
    size_t number = storages.size();
    if (found != known.end()) {
      number = found->second;
    } else {
      if (!keeps) t = t.contiguous().clone();
      const int64_t elements = keeps ? t.impl().storage->bytes() / t.element_size() : t.numel();
      storages.push_back({std::to_string(number), t.as_strided(elements, 1, 0)});
      if (keeps) known[id] = number;
    }
    pickle.text(entry.first);
    pickle.tensor(t, storages[number].key, storages[number].memory.numel());
  }
  pickle.op('u');

  constexpr uint64_t kAlignment = 64;  // PyTorch's, so that a file can be mapped
  detail::ZipWriter zip(path);
  zip.add("archive/data.pkl", pickle.finish(), false, kAlignment);
  zip.add("archive/byteorder", "little", false, kAlignment);
  for (const SavedStorage& s : storages)
    zip.add("archive/data/" + s.key,
            {static_cast<const char*>(s.memory.data_ptr()), static_cast<size_t>(s.memory.nbytes())}, false, kAlignment);
  zip.add("archive/version", "3\n", false, kAlignment);
  zip.finish();
}

}  // namespace weft::io
