# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts in place for those who embed vmtrail::core: library, headers, CMake package and
# pkg-config file. The prefix is computed where the files are found, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vmtrail")
install(TARGETS vmtrail_core EXPORT vmtrail
  ARCHIVE COMPONENT development
  FILE_SET HEADERS COMPONENT development)
install(EXPORT vmtrail NAMESPACE vmtrail:: FILE vmtrailTargets.cmake
  DESTINATION "${package_dir}" COMPONENT development)

configure_package_config_file(cmake/vmtrailConfig.cmake.in vmtrailConfig.cmake
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(vmtrailConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/vmtrailConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/vmtrailConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

set(pkgconfig_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH prefix_from_pc "${pkgconfig_dir}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
file(RELATIVE_PATH libdir_in_prefix "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH includedir_in_prefix "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(cmake/vmtrail.pc.in vmtrail.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/vmtrail.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
