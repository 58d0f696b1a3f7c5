// The pickle machine: a stack of objects and a memo; https://github.com/python/cpython/blob/main/Lib/pickletools.py
// lists the opcodes.
#include "weft/io/pickle.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weft::io::detail {
namespace {

using Node = PickleNode;
using Kind = PickleNode::Kind;

struct GlobalRow {
  std::string_view name;
  Global global;
  Element element = Element::Float32;
};

constexpr std::array kGlobals{
    GlobalRow{"collections.OrderedDict", Global::OrderedDict},
    GlobalRow{"builtins.set", Global::Set},
    GlobalRow{"__builtin__.set", Global::Set},
    GlobalRow{"_codecs.encode", Global::Encode},
    GlobalRow{"torch.Size", Global::Size},
    GlobalRow{"torch.device", Global::Device},
    GlobalRow{"torch._utils._rebuild_tensor", Global::RebuildTensor},
    GlobalRow{"torch._utils._rebuild_tensor_v2", Global::RebuildTensorV2},
    GlobalRow{"torch._utils._rebuild_parameter", Global::RebuildParameter},
    GlobalRow{"torch._utils._rebuild_parameter_with_state", Global::RebuildParameterWithState},
    GlobalRow{"torch.bool", Global::Dtype, Element::Bool},
    GlobalRow{"torch.uint8", Global::Dtype, Element::UInt8},
    GlobalRow{"torch.int8", Global::Dtype, Element::Int8},
    GlobalRow{"torch.int16", Global::Dtype, Element::Int16},
    GlobalRow{"torch.int32", Global::Dtype, Element::Int32},
    GlobalRow{"torch.int64", Global::Dtype, Element::Int64},
    GlobalRow{"torch.float16", Global::Dtype, Element::Float16},
    GlobalRow{"torch.bfloat16", Global::Dtype, Element::BFloat16},
    GlobalRow{"torch.float32", Global::Dtype, Element::Float32},
    GlobalRow{"torch.float64", Global::Dtype, Element::Float64},
    GlobalRow{"torch.BoolStorage", Global::Storage, Element::Bool},
    GlobalRow{"torch.ByteStorage", Global::Storage, Element::UInt8},
    GlobalRow{"torch.CharStorage", Global::Storage, Element::Int8},
    GlobalRow{"torch.ShortStorage", Global::Storage, Element::Int16},
    GlobalRow{"torch.IntStorage", Global::Storage, Element::Int32},
    GlobalRow{"torch.LongStorage", Global::Storage, Element::Int64},
    GlobalRow{"torch.HalfStorage", Global::Storage, Element::Float16},
    GlobalRow{"torch.BFloat16Storage", Global::Storage, Element::BFloat16},
    GlobalRow{"torch.FloatStorage", Global::Storage, Element::Float32},
    GlobalRow{"torch.DoubleStorage", Global::Storage, Element::Float64},
};

class Machine {
 public:
  Machine(ByteReader& in, bool legacy) : in_(in), legacy_(legacy) {}

  Pickle run() {
    for (;;) {
      const auto code = in_.number<uint8_t>();
      if (code == '.') break;
      if (!scalar(code) && !container(code) && !memo(code) && !call(code))
        in_.fail("holds pickle opcode 0x{:02x} at byte {}, which tensors and plain values do not need", code,
                 in_.position() - 1);
    }
    in_.require(stack_.size() == 1 && node(stack_[0]).kind != Kind::Mark,
                "ends its pickle with {} objects, expected one", stack_.size());
    out_.root = stack_[0];
    return std::move(out_);
  }

 private:
  // The stack --------------------------------------------------------------------------------------------------------
  Node& node(uint32_t id) { return out_.nodes[id]; }
  uint32_t push(Node node) {
    // Each takes a byte of the file at least.
    out_.nodes.push_back(std::move(node));
    stack_.push_back(static_cast<uint32_t>(out_.nodes.size() - 1));
    return stack_.back();
  }
  Node& push(Kind kind, int64_t integer = 0) {
    Node n;
    n.kind = kind, n.integer = integer;
    return node(push(std::move(n)));
  }
  uint32_t pop() {
    in_.require(!stack_.empty(), "takes more objects than its pickle made at byte {}", in_.position());
    const uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  /// An object other than a mark.
  uint32_t pop_object() {
    const uint32_t top = pop();
    in_.require(node(top).kind != Kind::Mark, "takes more objects than its pickle made at byte {}", in_.position());
    return top;
  }
  Node& top(Kind kind, const char* what) {
    in_.require(!stack_.empty() && node(stack_.back()).kind == kind, "has no {} for the opcode at byte {}", what,
                in_.position() - 1);
    return node(stack_.back());
  }
  std::vector<uint32_t> pop_to_mark() {
    std::vector<uint32_t> items;
    for (uint32_t id = pop(); node(id).kind != Kind::Mark; id = pop()) items.push_back(id);
    std::reverse(items.begin(), items.end());
    return items;
  }
  Node& push_text(Kind kind, std::string_view text) {
    Node& n = push(kind);
    n.text = text;
    return n;
  }
  void push_tuple(std::vector<uint32_t> items) { push(Kind::Tuple).items = std::move(items); }

  // Opcodes ----------------------------------------------------------------------------------------------------------
  bool scalar(uint8_t code) {
    switch (code) {
      case 0x80:  // PROTO
        protocol();
        return true;
      case 0x95:  // FRAME
        in_.number<uint64_t>();
        return true;
      case 'N':
        return push(Kind::None), true;
      case 0x88:
        return push(Kind::Bool, 1), true;
      case 0x89:
        return push(Kind::Bool, 0), true;
      case 'J':
        return push(Kind::Int, in_.number<int32_t>()), true;
      case 'K':
        return push(Kind::Int, in_.number<uint8_t>()), true;
      case 'M':
        return push(Kind::Int, in_.number<uint16_t>()), true;
      case 0x8a:
        return long_integer(in_.number<uint8_t>()), true;
      case 'G':
        return push(Kind::Float).number = big_endian_double(), true;
      case 'X':
        return push_text(Kind::String, in_.take(in_.number<uint32_t>())), true;
      case 0x8c:
        return push_text(Kind::String, in_.take(in_.number<uint8_t>())), true;
      case 0x8d:
        return push_text(Kind::String, in_.take(in_.number<uint64_t>())), true;
      case 'B':
        return push_text(Kind::Bytes, in_.take(in_.number<uint32_t>())), true;
      case 'C':
        return push_text(Kind::Bytes, in_.take(in_.number<uint8_t>())), true;
      case 0x8e:
        return push_text(Kind::Bytes, in_.take(in_.number<uint64_t>())), true;
      case 'T':  // strings of Python 2
        return push_text(Kind::String, in_.take(in_.number<uint32_t>())), true;
      case 'U':
        return push_text(Kind::String, in_.take(in_.number<uint8_t>())), true;
      default:
        return false;
    }
  }

  bool container(uint8_t code) {
    switch (code) {
      case '(':
        return push(Kind::Mark), true;
      case '0':
        return pop(), true;
      case '1':
        return pop_to_mark(), true;
      case ']':
      case 0x8f:  // EMPTY_SET
        return push(Kind::List), true;
      case '}':
        return push(Kind::Dict), true;
      case ')':
        return push(Kind::Tuple), true;
      case 0x85:
      case 0x86:
      case 0x87: {
        std::vector<uint32_t> items(code - 0x84u);
        for (size_t i = items.size(); i-- > 0;) items[i] = pop_object();
        return push_tuple(std::move(items)), true;
      }
      case 't':
        return push_tuple(pop_to_mark()), true;
      case 'l': {
        auto items = pop_to_mark();
        return push(Kind::List).items = std::move(items), true;
      }
      case 'a': {
        const uint32_t item = pop_object();
        return top(Kind::List, "list").items.push_back(item), true;
      }
      case 'e':
      case 0x90: {  // APPENDS, ADDITEMS
        const auto items = pop_to_mark();
        auto& to = top(Kind::List, "list").items;
        return to.insert(to.end(), items.begin(), items.end()), true;
      }
      case 's': {
        const uint32_t value = pop_object(), key = pop_object();
        auto& to = top(Kind::Dict, "dict").items;
        return to.insert(to.end(), {key, value}), true;
      }
      case 'u': {
        const auto items = pop_to_mark();
        in_.require(items.size() % 2 == 0, "sets {} objects as keys and values", items.size());
        auto& to = top(Kind::Dict, "dict").items;
        return to.insert(to.end(), items.begin(), items.end()), true;
      }
      default:
        return false;
    }
  }

  bool memo(uint8_t code) {
    switch (code) {
      case 'q':
        return remember(in_.number<uint8_t>()), true;
      case 'r':
        return remember(in_.number<uint32_t>()), true;
      case 0x94:
        return remember(static_cast<uint32_t>(memo_.size())), true;
      case 'h':
        return recall(in_.number<uint8_t>()), true;
      case 'j':
        return recall(in_.number<uint32_t>()), true;
      default:
        return false;
    }
  }
  void remember(uint32_t slot) {
    in_.require(!stack_.empty() && node(stack_.back()).kind != Kind::Mark, "remembers nothing at byte {}",
                in_.position());
    memo_[slot] = stack_.back();
  }
  void recall(uint32_t slot) {
    const auto found = memo_.find(slot);
    in_.require(found != memo_.end(), "recalls object {} that its pickle did not make", slot);
    stack_.push_back(found->second);
  }

  bool call(uint8_t code) {
    switch (code) {
      case 'c': {
        const std::string_view module = in_.line(), name = in_.line();
        return global(module, name), true;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::string name = node(pop_object()).text, module = node(pop_object()).text;
        return global(module, name), true;
      }
      case 'Q':
        return persistent_id(pop_object()), true;
      case 'R': {
        const uint32_t arguments = pop_object(), function = pop_object();
        in_.require(node(function).kind == Kind::Global && node(arguments).kind == Kind::Tuple,
                    "calls an object that is not a function at byte {}", in_.position() - 1);
        return reduce(static_cast<Global>(node(function).integer), std::vector<uint32_t>(node(arguments).items)), true;
      }
      case 'b': {  // BUILD: attributes, which only state dicts have ("_metadata")
        const uint32_t state = pop_object();
        in_.require(node(state).kind == Kind::Dict, "sets attributes that are not a dict at byte {}",
                    in_.position() - 1);
        return top(Kind::Dict, "dict"), true;
      }
      default:
        return false;
    }
  }

  void protocol() {
    const auto version = in_.number<uint8_t>();
    in_.require(version >= 2 && version <= 5, "is a pickle of protocol {}, expected 2 to 5", version);
  }
  void long_integer(uint8_t bytes) {
    const std::string_view digits = in_.take(bytes);
    uint64_t value = !digits.empty() && (digits.back() & 0x80) ? UINT64_MAX : 0;
    for (size_t i = std::min<size_t>(digits.size(), 8); i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(digits[i]);
    if (bytes <= 8) {
      push(Kind::Int, static_cast<int64_t>(value));
      return;
    }
    // The first number of the format before 1.6; others of this size are of no use here.
    Node& n = push_text(Kind::Bytes, digits);
    n.integer = static_cast<int64_t>(value);
  }
  double big_endian_double() {
    uint64_t bits = 0;
    for (const char c : in_.take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(bits);
  }

  void global(std::string_view module, std::string_view name) {
    const std::string full = std::string(module) + "." + std::string(name);
    const auto* row =
        std::find_if(kGlobals.begin(), kGlobals.end(), [&](const GlobalRow& r) { return r.name == full; });
    in_.require(row != kGlobals.end(), "needs '{}' of Python, which is refused: only tensors and plain values are read",
                full);
    Node& n = push(Kind::Global, static_cast<int64_t>(row->global));
    n.element = row->element, n.text = full;
  }

  // Calls ------------------------------------------------------------------------------------------------------------
  int64_t integer(uint32_t id, const char* what) {
    in_.require(node(id).kind == Kind::Int, "has a {} that is not an integer", what);
    return node(id).integer;
  }
  std::vector<int64_t> integers(uint32_t id, const char* what) {
    in_.require(node(id).kind == Kind::Tuple, "has {} that are not a tuple", what);
    std::vector<int64_t> out;
    for (const uint32_t item : node(id).items) out.push_back(integer(item, what));
    return out;
  }

  /// zip: ('storage', type, key, location, elements); before 1.6 also a view: (key, offset, elements) or None.
  void persistent_id(uint32_t id) {
    const std::vector<uint32_t> parts = node(id).items;
    in_.require(node(id).kind == Kind::Tuple && parts.size() >= 5 && node(parts[0]).text == "storage" &&
                    node(parts[1]).kind == Kind::Global &&
                    static_cast<Global>(node(parts[1]).integer) == Global::Storage &&
                    node(parts[2]).kind == Kind::String,
                "has a persistent id that is not a storage");
    PickledStorage s{node(parts[1]).element, node(parts[2]).text, integer(parts[4], "storage's size"), -1};
    in_.require(s.elements >= 0, "has a storage of {} elements", s.elements);
    if (legacy_ && parts.size() > 5 && node(parts[5]).kind == Kind::Tuple && node(parts[5]).items.size() == 3)
      s.offset = integer(node(parts[5]).items[1], "storage's offset"),
      s.elements = integer(node(parts[5]).items[2], "storage's size");
    out_.storages.push_back(std::move(s));
    push(Kind::Storage, static_cast<int64_t>(out_.storages.size() - 1));
  }

  void reduce(Global function, const std::vector<uint32_t>& arguments) {
    const auto need = [&](size_t least) {
      in_.require(arguments.size() >= least, "calls a function with {} arguments, expected {}", arguments.size(),
                  least);
    };
    switch (function) {
      case Global::OrderedDict:
        return make_dict(arguments);
      case Global::Set:
      case Global::Size: {
        if (arguments.empty()) return void(push(Kind::Tuple));
        const auto items = node(arguments[0]).items;
        const bool is_list = node(arguments[0]).kind == Kind::List || node(arguments[0]).kind == Kind::Tuple;
        in_.require(is_list, "makes a set or a Size from an object that is not a list");
        push(function == Global::Set ? Kind::List : Kind::Tuple).items = items;
        return;
      }
      case Global::Encode:
        need(1);
        in_.require(node(arguments[0]).kind == Kind::String, "encodes an object that is not text");
        return void(push_text(Kind::Bytes, std::string(node(arguments[0]).text)));
      case Global::Device:
        need(1);
        return void(push_text(Kind::String, std::string(node(arguments[0]).text)));
      case Global::RebuildTensor:
        need(4);
        return make_tensor(arguments, false);
      case Global::RebuildTensorV2:
        need(5);
        return make_tensor(arguments, node(arguments[4]).kind == Kind::Bool && node(arguments[4]).integer != 0);
      case Global::RebuildParameter:
      case Global::RebuildParameterWithState: {
        need(2);
        in_.require(node(arguments[0]).kind == Kind::Tensor, "makes a parameter from an object that is not a tensor");
        PickledTensor t = out_.tensors[static_cast<size_t>(node(arguments[0]).integer)];
        t.requires_grad = node(arguments[1]).integer != 0;
        return push_tensor(std::move(t));
      }
      default:
        in_.fail("calls an object that is not a function");
    }
  }

  /// OrderedDict(), or of a list of pairs.
  void make_dict(const std::vector<uint32_t>& arguments) {
    std::vector<uint32_t> items;
    if (!arguments.empty())
      for (const uint32_t pair : std::vector<uint32_t>(node(arguments[0]).items)) {
        in_.require(node(pair).items.size() == 2, "makes an OrderedDict from objects that are not pairs");
        items.insert(items.end(), node(pair).items.begin(), node(pair).items.end());
      }
    push(Kind::Dict).items = std::move(items);
  }

  void make_tensor(const std::vector<uint32_t>& arguments, bool requires_grad) {
    in_.require(node(arguments[0]).kind == Kind::Storage, "makes a tensor without a storage");
    push_tensor({static_cast<size_t>(node(arguments[0]).integer), integer(arguments[1], "tensor's offset"),
                 integers(arguments[2], "a tensor's sizes"), integers(arguments[3], "a tensor's strides"),
                 requires_grad});
  }
  void push_tensor(PickledTensor tensor) {
    out_.tensors.push_back(std::move(tensor));
    push(Kind::Tensor, static_cast<int64_t>(out_.tensors.size() - 1));
  }

  ByteReader& in_;
  bool legacy_;
  Pickle out_;
  std::vector<uint32_t> stack_;
  std::map<uint32_t, uint32_t> memo_;
};

constexpr int kMostNesting = 100;
constexpr size_t kLeastBudget = 1 << 20, kBudgetFactor = 64;

/// Copies the objects into a tree. An object named twice is copied twice, within a budget.
class TreeMaker {
 public:
  TreeMaker(const Pickle& pickle, const std::string& where, const std::function<Tensor(const PickledTensor&)>& make)
      : pickle_(pickle), where_(where), make_(make) {
    size_t size = pickle.nodes.size();
    for (const Node& n : pickle.nodes) size += n.text.size();
    budget_ = kLeastBudget + kBudgetFactor * size;
  }

  PyValue make(uint32_t id, int depth) {
    const Node& n = pickle_.nodes[id];
    check<IoError>(depth < kMostNesting, "{}: holds a cycle, or values nested more than {} deep", where_, kMostNesting);
    check<IoError>(budget_ > n.text.size() + 1, "{}: repeats its values too often", where_);
    budget_ -= n.text.size() + 1;
    PyValue v;
    v.kind = kind_of(n.kind);
    v.integer = n.integer, v.number = n.number, v.text = n.text;
    if (n.kind == Kind::Tensor) v.tensor = make_(pickle_.tensors[static_cast<size_t>(n.integer)]);
    const bool dict = n.kind == Kind::Dict;
    for (size_t i = 0; i < n.items.size(); ++i)
      (dict && i % 2 == 0 ? v.keys : v.items).push_back(make(n.items[i], depth + 1));
    return v;
  }

 private:
  PyValue::Kind kind_of(Kind kind) const {
    switch (kind) {
      case Kind::Bool:
        return PyValue::Kind::Bool;
      case Kind::Int:
        return PyValue::Kind::Int;
      case Kind::Float:
        return PyValue::Kind::Float;
      case Kind::Global:  // a dtype, by its name
      case Kind::String:
        return PyValue::Kind::String;
      case Kind::Bytes:
        return PyValue::Kind::Bytes;
      case Kind::List:
        return PyValue::Kind::List;
      case Kind::Tuple:
        return PyValue::Kind::Tuple;
      case Kind::Dict:
        return PyValue::Kind::Dict;
      case Kind::Tensor:
        return PyValue::Kind::Tensor;
      case Kind::None:
        return PyValue::Kind::None;
      default:
        fail<IoError>("{}: holds a storage outside a tensor", where_);
    }
  }
  const Pickle& pickle_;
  const std::string& where_;
  const std::function<Tensor(const PickledTensor&)>& make_;
  size_t budget_;
};

}  // namespace

Pickle read_pickle(ByteReader& in, bool legacy) { return Machine(in, legacy).run(); }

PyValue value_of(const Pickle& pickle, const std::string& where,
                 const std::function<Tensor(const PickledTensor&)>& make) {
  return TreeMaker(pickle, where, make).make(pickle.root, 0);
}

}  // namespace weft::io::detail
