// Reads the files of torch.save.
#include "weft/io/pytorch.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weft/io/bytes.h"
#include "weft/io/pickle.h"
#include "weft/io/zip.h"
#include "weft/tensor/file_bytes.h"

namespace weft::io {
namespace {

using detail::ByteReader;
using detail::Element;
using detail::Pickle;
using detail::PickledStorage;
using detail::PickledTensor;
using detail::PickleNode;

/// A tensor may have more elements than its storage where it is expanded; limits what copies of it take.
constexpr int64_t kMostExpansion = 1024, kFreeExpansion = 1 << 20;

/// A window of `storage`, a tensor of one dimension; all of the window is checked.
Tensor window_of(const Tensor& storage, const PickledTensor& t, const std::string& where) {
  check<IoError>(t.sizes.size() == t.strides.size(), "{}: a tensor has {} sizes and {} strides", where, t.sizes.size(),
                 t.strides.size());
  const detail::Extent extent = detail::extent_of(Element::Float64, t.sizes, where);
  check<IoError>(extent.elements <= kFreeExpansion || extent.elements / kMostExpansion <= storage.numel(),
                 "{}: a tensor {} is expanded from {} elements", where, IntArrayRef(t.sizes), storage.numel());
  int64_t last = t.offset;
  bool fits = t.offset >= 0;
  for (size_t d = 0; d < t.sizes.size(); ++d) {
    int64_t span = 0;
    fits = fits && t.strides[d] >= 0 &&
           !__builtin_mul_overflow(std::max<int64_t>(t.sizes[d] - 1, 0), t.strides[d], &span) &&
           !__builtin_add_overflow(last, span, &last);
  }
  fits = fits && (extent.elements == 0 ? t.offset <= storage.numel() : last < storage.numel());
  check<IoError>(fits, "{}: a tensor with sizes {}, strides {} and offset {} leaves its storage of {} elements", where,
                 IntArrayRef(t.sizes), IntArrayRef(t.strides), t.offset, storage.numel());
  Tensor out =
      extent.elements == 0 ? storage.slice(0, 0, 0).reshape(t.sizes) : storage.as_strided(t.sizes, t.strides, t.offset);
  if (t.requires_grad) {
    check<IoError>(out.is_floating_point(), "{}: a tensor of {} requires a gradient", where, out.dtype());
    out.set_requires_grad(true);
  }
  return out;
}

// The zip format ------------------------------------------------------------------------------------------------------

bool is_big_endian(const detail::ZipReader& zip, const std::string& prefix, const std::string& where) {
  const detail::ZipEntry* entry = zip.find(prefix + "byteorder");
  if (!entry) return false;
  const std::string order = zip.content(*entry);
  check<IoError>(order == "little" || order == "big", "{}: has the byte order '{}', expected little or big", where,
                 order);
  return order == "big";
}

PyValue load_zip(std::string_view bytes, const std::string& where) {
  const detail::ZipReader zip(bytes, where);
  std::string prefix;
  const detail::ZipEntry* program = nullptr;
  for (const detail::ZipEntry& e : zip.entries()) {
    if (e.name != "data.pkl" && !(e.name.ends_with("/data.pkl") && e.name.find('/') + 9 == e.name.size())) continue;
    check<IoError>(!program, "{}: holds two data.pkl", where);
    program = &e, prefix = e.name.substr(0, e.name.size() - 8);
  }
  const bool script = std::any_of(zip.entries().begin(), zip.entries().end(),
                                  [&](const detail::ZipEntry& e) { return e.name.ends_with("/constants.pkl"); });
  check<IoError>(!script, "{}: is a program of TorchScript, which torch.jit.save wrote; expected a file of torch.save",
                 where);
  check<IoError>(program, "{}: contains no data.pkl: not a file of torch.save", where);
  const bool big_endian = is_big_endian(zip, prefix, where);
  const std::string pickled = zip.content(*program);
  ByteReader in(pickled, where + ", data.pkl");
  const Pickle pickle = detail::read_pickle(in, false);

  std::map<std::string, std::pair<Element, Tensor>> storages;
  return detail::value_of(pickle, where, [&](const PickledTensor& t) {
    const PickledStorage& s = pickle.storages[t.storage];
    const std::string at = fmt::format("{}, storage '{}'", where, s.key);
    auto found = storages.find(s.key);
    if (found == storages.end()) {
      const detail::ZipEntry* entry = zip.find(prefix + "data/" + s.key);
      check<IoError>(entry, "{}: is missing", at);
      const detail::Extent extent = detail::extent_of(s.element, s.elements, at);
      check<IoError>(entry->size == static_cast<uint64_t>(extent.bytes), "{}: holds {} bytes, expected {} for {} {}",
                     at, entry->size, extent.bytes, s.elements, detail::row_of(s.element).name);
      Tensor memory = detail::tensor_of(s.element, s.elements, zip.content(*entry), big_endian, at);
      found = storages.emplace(s.key, std::pair(s.element, memory)).first;
    }
    check<IoError>(found->second.first == s.element && found->second.second.numel() == s.elements,
                   "{}: is described in two ways", at);
    return window_of(found->second.second, t, at);
  });
}

// The format before 1.6 -----------------------------------------------------------------------------------------------

constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

/// Pickles of a number, the version, the machine, the value and the storages' keys; then each storage.
PyValue load_legacy(std::string_view bytes, const std::string& where) {
  ByteReader in(bytes, where);
  const Pickle magic = detail::read_pickle(in, true), version = detail::read_pickle(in, true),
               machine = detail::read_pickle(in, true), pickle = detail::read_pickle(in, true),
               keys = detail::read_pickle(in, true);
  const auto none = [&](const PickledTensor&) -> Tensor { in.fail("has a tensor in its head"); };
  in.require(magic.nodes[magic.root].text == kLegacyMagic, "does not begin as a file of torch.save");
  const int64_t number = version.nodes[version.root].integer;
  in.require(number == 1001, "is of version {} of the format before PyTorch 1.6, expected 1001", number);
  const PyValue about = detail::value_of(machine, where, none);
  const PyValue* little = about.find("little_endian");
  const bool big_endian = little && little->integer == 0;

  std::map<std::string, Element> elements;
  for (const PickledStorage& s : pickle.storages) {
    const auto [known, added] = elements.emplace(s.key, s.element);
    in.require(added || known->second == s.element, "describes storage '{}' in two ways", s.key);
  }
  std::map<std::string, Tensor> storages;
  for (const PyValue& key : detail::value_of(keys, where, none).items) {
    const auto known = elements.find(key.text);
    in.require(known != elements.end(), "holds storage '{}', which no tensor uses", key.text);
    uint64_t count = 0;
    for (const char c : in.take(8))
      count = big_endian ? count << 8 | static_cast<uint8_t>(c) : count >> 8 | uint64_t{static_cast<uint8_t>(c)} << 56;
    const std::string at = fmt::format("{}, storage '{}'", where, key.text);
    check<IoError>(count <= static_cast<uint64_t>(kMaxElements), "{}: claims {} elements", at, count);
    const auto size = static_cast<int64_t>(count);
    const auto content = in.take(static_cast<uint64_t>(detail::extent_of(known->second, size, at).bytes));
    in.require(storages.emplace(key.text, detail::tensor_of(known->second, size, content, big_endian, at)).second,
               "holds storage '{}' twice", key.text);
  }
  in.require(in.left() == 0, "holds {} bytes behind its last storage", in.left());
  return detail::value_of(pickle, where, [&](PickledTensor t) {
    const PickledStorage& s = pickle.storages[t.storage];
    const std::string at = fmt::format("{}, storage '{}'", where, s.key);
    const auto found = storages.find(s.key);
    check<IoError>(found != storages.end(), "{}: is missing", at);
    if (s.offset < 0) return window_of(found->second, t, at);
    return window_of(window_of(found->second, {0, s.offset, {s.elements}, {1}, false}, at), t, at);
  });
}

// State dicts ---------------------------------------------------------------------------------------------------------

std::string text_of(const PyValue& v) {
  switch (v.kind) {
    case PyValue::Kind::Int:
      return to_text(v.integer);
    case PyValue::Kind::Bool:
      return v.integer ? "true" : "false";
    case PyValue::Kind::Float:
      return to_text(v.number);
    default:
      return v.text;
  }
}

void add_flattened(const PyValue& value, const std::string& path, StateDict& out) {
  using Kind = PyValue::Kind;
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  switch (value.kind) {
    case Kind::Tensor:
      out.tensors.emplace_back(path.empty() ? "tensor" : path, value.tensor);
      return;
    case Kind::List:
    case Kind::Tuple:
      for (size_t i = 0; i < value.items.size(); ++i) add_flattened(value.items[i], below(std::to_string(i)), out);
      return;
    case Kind::Dict:
      for (size_t i = 0; i < value.items.size(); ++i) add_flattened(value.items[i], below(text_of(value.keys[i])), out);
      return;
    case Kind::None:
    case Kind::Bytes:
      return;
    default:
      out.metadata[path] = text_of(value);
  }
}

const PyValue& part_of(const PyValue& whole, std::string_view part, const std::string& path) {
  const PyValue* at = &whole;
  std::string_view rest = part;
  while (!rest.empty()) {
    const std::string_view key = rest.substr(0, rest.find('.'));
    at = at->find(key);
    check<StateError>(at, "[load_state_dict] '{}': has no part '{}'", path, part);
    rest.remove_prefix(std::min(rest.size(), key.size() + 1));
  }
  return *at;
}

}  // namespace

const PyValue* PyValue::find(std::string_view key) const {
  for (size_t i = 0; kind == Kind::Dict && i < keys.size(); ++i)
    if (keys[i].kind == Kind::String && keys[i].text == key) return &items[i];
  return nullptr;
}

const PyValue& PyValue::at(std::string_view key) const {
  check<StateError>(kind == Kind::Dict, "[pytorch] '{}' is looked up in a {}", key, kind_name());
  const PyValue* found = find(key);
  check<StateError>(found, "[pytorch] no key '{}'", key);
  return *found;
}

const char* PyValue::kind_name() const {
  constexpr std::array<const char*, 10> kNames{"None",  "bool", "int",   "float", "str",
                                               "bytes", "list", "tuple", "dict",  "tensor"};
  return kNames[static_cast<size_t>(kind)];
}

PyValue load_pytorch(const std::string& path) {
  const std::string bytes = read_whole("load_pytorch", path), where = fmt::format("[load_pytorch] '{}'", path);
  if (bytes.starts_with("PK")) return load_zip(bytes, where);
  check<IoError>(bytes.starts_with("\x80"), "{}: found {}, expected a file of torch.save", where,
                 known_format(bytes).empty() ? "another format" : known_format(bytes));
  return load_legacy(bytes, where);
}

StateDict flatten(const PyValue& value) {
  StateDict out;
  add_flattened(value, "", out);
  return out;
}

StateDict load_state_dict(const std::string& path, std::string_view part) {
  const PyValue whole = load_pytorch(path);
  return flatten(part_of(whole, part, path));
}

}  // namespace weft::io
