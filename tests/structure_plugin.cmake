# SPDX-License-Identifier: Apache-2.0
# Installs a build tree into a new prefix, moves the prefix, and builds and runs examples/ against it twice:
# with find_package, and by hand with pkg-config. Run as
#   cmake -DSOURCE=… -DBUILD=… -DWORK=… -DCXX=… -DGENERATOR=… -DSANITIZERS=… -DCONFIG=… -P structure_plugin.cmake
# WORK is removed first and afterwards.
set(capture "${SOURCE}/fixtures/captures/seed/ceilometer-collector.log")
# The last event of the capture comes from the host that the VM has left; it must not win.
set(placed "87be4b45-e214-4ca3-8f5c-1bd31159f9e4: ndc27-3222 (confirmed)")

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${output}\nexit: ${result}")
  endif()
endfunction()

function(check_program program)
  execute_process(COMMAND "${program}" "${capture}" RESULT_VARIABLE result OUTPUT_VARIABLE from_file)
  execute_process(COMMAND "${program}" INPUT_FILE "${capture}" OUTPUT_VARIABLE from_input)
  string(FIND "${from_file}" "${placed}" found)
  if(NOT result EQUAL 0 OR found EQUAL -1)
    message(FATAL_ERROR "${program}: exit ${result}, wanted '${placed}' in\n${from_file}")
  endif()
  if(NOT from_file STREQUAL from_input)
    message(FATAL_ERROR "${program}: a file gives\n${from_file}but standard input gives\n${from_input}")
  endif()
endfunction()

set(prefix "${WORK}/moved prefix")
set(flags "")
if(SANITIZERS)
  set(flags "-fsanitize=${SANITIZERS}")
endif()
find_program(ccache ccache)
set(launcher "")
if(ccache)
  set(launcher "-DCMAKE_CXX_COMPILER_LAUNCHER=${ccache}")
endif()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --config "${CONFIG}")
file(RENAME "${WORK}/prefix" "${prefix}")

foreach(wanted bin/vmtrail include/vmtrail/dispatcher.h)
  if(NOT EXISTS "${prefix}/${wanted}")
    message(FATAL_ERROR "${wanted} is not installed")
  endif()
endforeach()
file(GLOB_RECURSE texts "${prefix}/*.cmake" "${prefix}/*.pc" "${prefix}/*.h")
foreach(text IN LISTS texts)
  file(READ "${text}" content)
  foreach(path IN ITEMS "${SOURCE}" "${BUILD}" "${WORK}/prefix")
    string(FIND "${content}" "${path}" found)
    if(NOT found EQUAL -1)
      message(FATAL_ERROR "${text} names ${path}, which is of this machine")
    endif()
  endforeach()
endforeach()

run("${CMAKE_COMMAND}" -S "${SOURCE}/examples" -B "${WORK}/with_cmake" -G "${GENERATOR}" ${launcher}
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${flags}"
    "-DCMAKE_BUILD_TYPE=${CONFIG}")
run("${CMAKE_COMMAND}" --build "${WORK}/with_cmake" --config "${CONFIG}")
check_program("${WORK}/with_cmake/host_program")

find_program(pkg_config NAMES pkg-config pkgconf REQUIRED)
file(GLOB_RECURSE pc "${prefix}/vmtrail.pc")
cmake_path(GET pc PARENT_PATH pc_dir)
set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
execute_process(COMMAND "${pkg_config}" --cflags --libs --static vmtrail
  OUTPUT_VARIABLE vmtrail_flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(vmtrail_flags UNIX_COMMAND "${vmtrail_flags}")
run("${CXX}" -std=c++20 ${flags} "${SOURCE}/examples/host_program.cc" -o "${WORK}/by_hand" ${vmtrail_flags})
check_program("${WORK}/by_hand")

file(REMOVE_RECURSE "${WORK}")
