# SPDX-License-Identifier: Apache-2.0
# vmtrail_embed_text(TARGET FILE SYMBOL): compiles FILE into TARGET as `extern const std::string_view vmtrail::SYMBOL`.
set(VMTRAIL_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/EmbedTextScript.cmake")
function(vmtrail_embed_text target file symbol)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file}" "-DOUTPUT=${output}" "-DSYMBOL=${symbol}"
            -P "${VMTRAIL_EMBED_SCRIPT}"
    DEPENDS "${file}" "${VMTRAIL_EMBED_SCRIPT}"
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
