#include "weft/io/protobuf.h"

namespace weft::io::detail {
namespace {

enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

}  // namespace

uint64_t ProtoReader::varint(ByteReader& in) const {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    const auto byte = in.number<uint8_t>();
    value |= static_cast<uint64_t>(byte & 127) << shift;
    if (byte < 128) return value;
  }
  in.fail("has a number of more than ten bytes at byte {}: not a protobuf message, or damaged", in.position());
}

bool ProtoReader::next() {
  if (in_.left() == 0) return false;
  const uint64_t key = varint(in_);
  in_.require(key >> 3 != 0 && key >> 3 < 1u << 29, "has the field number {}", key >> 3);
  field_ = static_cast<uint32_t>(key >> 3), wire_ = key & 7;
  switch (wire_) {
    case kVarint:
      number_ = varint(in_);
      break;
    case kFixed64:
      number_ = in_.number<uint64_t>();
      break;
    case kFixed32:
      number_ = in_.number<uint32_t>();
      break;
    case kBytes:
      bytes_ = in_.take(varint(in_));
      break;
    default:
      in_.fail("has wire type {} at byte {}: not a protobuf message, or damaged", wire_, in_.position());
  }
  return true;
}

int64_t ProtoReader::integer() const {
  in_.require(wire_ == kVarint, "has no integer in field {}", field_);
  return static_cast<int64_t>(number_);
}

float ProtoReader::real() const {
  in_.require(wire_ == kFixed32, "has no float in field {}", field_);
  return std::bit_cast<float>(static_cast<uint32_t>(number_));
}

std::string_view ProtoReader::bytes() const {
  in_.require(wire_ == kBytes, "has no bytes in field {}", field_);
  return bytes_;
}

void ProtoReader::append_to(std::vector<int64_t>& values) const {
  if (wire_ == kVarint) return values.push_back(static_cast<int64_t>(number_));
  ByteReader packed(bytes(), in_.where());
  while (packed.left() > 0) values.push_back(static_cast<int64_t>(varint(packed)));
}

template <class T>
void ProtoReader::append_fixed(std::vector<T>& values, uint32_t wire) const {
  if (wire_ == wire) {
    T value;
    std::memcpy(&value, &number_, sizeof value);
    return values.push_back(value);
  }
  ByteReader packed(bytes(), in_.where());
  while (packed.left() > 0) values.push_back(packed.number<T>());
}

void ProtoReader::append_to(std::vector<float>& values) const { append_fixed(values, kFixed32); }
void ProtoReader::append_to(std::vector<double>& values) const { append_fixed(values, kFixed64); }

void ProtoWriter::varint(uint64_t value) {
  for (; value >= 128; value >>= 7) out_ += static_cast<char>(value | 128);
  out_ += static_cast<char>(value);
}

ProtoWriter& ProtoWriter::integer(uint32_t field, int64_t value) {
  varint(field << 3 | kVarint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

ProtoWriter& ProtoWriter::real(uint32_t field, float value) {
  varint(field << 3 | kFixed32);
  out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

ProtoWriter& ProtoWriter::real(uint32_t field, double value) {
  varint(field << 3 | kFixed64);
  out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

ProtoWriter& ProtoWriter::bytes(uint32_t field, std::string_view value) {
  varint(field << 3 | kBytes);
  varint(value.size());
  out_ += value;
  return *this;
}

ProtoWriter& ProtoWriter::packed(uint32_t field, const std::vector<double>& values) {
  return bytes(field, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
}

}  // namespace weft::io::detail
