# SPDX-License-Identifier: Apache-2.0
# vmtrail_embed_file(TARGET FILE SYMBOL): compiles FILE, of the source folder or at an absolute path, into TARGET
# as `extern const std::string_view vmtrail::SYMBOL`.
set(VMTRAIL_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/EmbedFileScript.cmake")
function(vmtrail_embed_file target file symbol)
  cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE input)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${input}" "-DOUTPUT=${output}" "-DSYMBOL=${symbol}"
            -P "${VMTRAIL_EMBED_SCRIPT}"
    DEPENDS "${input}" "${VMTRAIL_EMBED_SCRIPT}"
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
