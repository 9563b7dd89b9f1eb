# SPDX-License-Identifier: Apache-2.0
# Run by vmtrail_embed_file at build time. Characters, not a string literal: a literal has a limit of length.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," characters "${hex}")
string(REGEX REPLACE "(('[^']+',){16})" "\\1\n" characters "${characters}")
file(WRITE "${OUTPUT}" "#include <string_view>
namespace {
constexpr char kBytes[] = {
${characters}'\\0'};
}
namespace vmtrail {
extern const std::string_view ${SYMBOL};
constexpr std::string_view ${SYMBOL}{kBytes, sizeof kBytes - 1};
}
")
