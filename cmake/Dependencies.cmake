# SPDX-License-Identifier: Apache-2.0
# Everything vmtrail links, each from a Debian 12 package (scripts/packages.txt names them).
find_package(tl-expected REQUIRED CONFIG)    # results; the only library a public header includes
find_package(simdjson REQUIRED CONFIG)       # decoding
find_package(date REQUIRED CONFIG)           # calendar
find_package(yaml-cpp REQUIRED CONFIG)       # rules
find_package(CLI11 REQUIRED CONFIG)          # command line
find_package(nlohmann_json REQUIRED CONFIG)  # statistics, configuration
find_package(spdlog REQUIRED CONFIG)         # diagnostics
find_package(SQLite3 REQUIRED)               # the store
find_package(Boost 1.74 REQUIRED)            # the HTTP server: Beast on Asio; small vectors
find_package(OpenSSL REQUIRED)               # TLS; digests
find_package(CURL REQUIRED)                  # asking over HTTP; loaded when it is needed
find_package(cppzmq REQUIRED CONFIG)         # the bus; libzmq is loaded when it is needed
find_package(prometheus-cpp REQUIRED CONFIG) # metrics
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(RABBITMQ REQUIRED IMPORTED_TARGET librabbitmq)  # AMQP
if(VMTRAIL_TESTS)
  find_package(Catch2 2.13 REQUIRED CONFIG)
endif()
if(VMTRAIL_BENCHMARKS)
  find_package(benchmark REQUIRED CONFIG)
endif()
if(NOT TARGET yaml-cpp::yaml-cpp)  # yaml-cpp 0.7 exports its target without a namespace
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
