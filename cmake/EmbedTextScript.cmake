# SPDX-License-Identifier: Apache-2.0
# Run by vmtrail_embed_text at build time. Bytes, not a string literal: a literal has a limit of length.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}" "#include <string_view>
namespace {
constexpr unsigned char kBytes[] = {
${bytes}0};
}
namespace vmtrail {
extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL}{reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1};
}
")
