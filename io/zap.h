// SPDX-License-Identifier: Apache-2.0
// Who may connect: the authenticator that ZeroMQ asks (RFC 27, ZAP).

#pragma once

#include <set>
#include <string>
#include <thread>

#include <zmq.hpp>

#include "io/curve_keys.h"

namespace vmtrail {

/// Answers for every socket of a context: CURVE clients whose key is among `clients/*.key`, and
/// nobody else. Its thread is named `zmq-zap`. To be made before a socket of the context binds, and
/// to outlive these.
class Authenticator {
 public:
  Authenticator(zmq::context_t& context, CurveKeys keys);
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

 private:
  void run();
  void answer();
  void tell(const std::string& client);

  const CurveKeys keys_;
  std::set<std::string> turned_away_;  // addresses that the log has; of the thread
  zmq::socket_t requests_;
  zmq::socket_t end_;       // of a pair: told to stop
  zmq::socket_t end_told_;  // its other half, of the thread
  std::thread thread_;
};

}  // namespace vmtrail
