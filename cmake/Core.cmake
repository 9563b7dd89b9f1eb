# SPDX-License-Identifier: Apache-2.0
# vmtrail::core, as it is linked here and as it installs.
add_library(vmtrail_core STATIC)
add_library(vmtrail::core ALIAS vmtrail_core)
set_target_properties(vmtrail_core PROPERTIES EXPORT_NAME core OUTPUT_NAME vmtrail)
target_compile_features(vmtrail_core PUBLIC cxx_std_20)
target_link_libraries(vmtrail_core
  PUBLIC tl::expected
  PRIVATE simdjson::simdjson yaml-cpp::yaml-cpp)
set(vmtrail_core_parts event rules shipped model dispatcher query)
foreach(part ${vmtrail_core_parts})
  target_sources(vmtrail_core PRIVATE $<TARGET_OBJECTS:vmtrail_${part}>)
endforeach()
set(public_headers
  absence.h
  cloudevents.h
  condition.h
  decoder.h
  dispatcher.h
  error.h
  event.h
  ids.h
  model.h
  place.h
  placement.h
  query.h
  reconcile.h
  record.h
  rules.h
  snapshot.h
  suggest.h
  summary_template.h
  time.h
  words.h)
list(TRANSFORM public_headers PREPEND "${PROJECT_SOURCE_DIR}/include/vmtrail/")
target_sources(vmtrail_core PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${public_headers})
set_target_properties(vmtrail_core PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
