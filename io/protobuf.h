// The wire format of protocol buffers: https://protobuf.dev/programming-guides/encoding. Internal;
// docs/decisions/protobuf-wire.md explains why no library is used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/io/bytes.h"

namespace weft::io::detail {

/// Walks the fields of a message:
///
///     for (ProtoReader m(bytes, where); m.next();)
///       if (m.field() == 1) name = m.bytes();
///
/// A field that is not read is skipped. Throws IoError for a truncated message, an unknown wire type, a field that is
/// read as another type.
class ProtoReader {
 public:
  ProtoReader(std::string_view bytes, const std::string& where) : in_(bytes, where) {}

  /// Moves to the next field; false at the end.
  bool next();
  uint32_t field() const { return field_; }
  /// int32, int64, uint64, bool, enum.
  int64_t integer() const;
  float real() const;
  /// string, bytes, an embedded message. The view is valid as long as the message's bytes.
  std::string_view bytes() const;
  std::string text() const { return std::string(bytes()); }
  /// Appends the values of a repeated field, packed or not.
  void append_to(std::vector<int64_t>& values) const;
  void append_to(std::vector<float>& values) const;
  void append_to(std::vector<double>& values) const;
  const ByteReader& file() const { return in_; }

 private:
  uint64_t varint(ByteReader& in) const;
  template <class T>
  void append_fixed(std::vector<T>& values, uint32_t wire) const;
  ByteReader in_;
  uint32_t field_ = 0, wire_ = 0;
  uint64_t number_ = 0;     // of wire types 0, 1 and 5
  std::string_view bytes_;  // of wire type 2
};

/// Builds a message, field by field.
class ProtoWriter {
 public:
  ProtoWriter& integer(uint32_t field, int64_t value);
  ProtoWriter& real(uint32_t field, float value);
  ProtoWriter& real(uint32_t field, double value);
  ProtoWriter& bytes(uint32_t field, std::string_view value);
  ProtoWriter& message(uint32_t field, const ProtoWriter& value) { return bytes(field, value.text()); }
  ProtoWriter& packed(uint32_t field, const std::vector<double>& values);
  const std::string& text() const { return out_; }

 private:
  void varint(uint64_t value);
  std::string out_;
};

}  // namespace weft::io::detail
