// SPDX-License-Identifier: Apache-2.0
// broker_feed QUEUE: makes a durable queue of the tests' broker, and publishes each line of
// standard input to exchange `nova` as Nova does; answers each with how many messages wait in the
// queue, by which the broker has those before. The line `?` only asks. The queue goes at the end.

#include <iostream>
#include <string>

#include "tests/amqp_broker.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string queue = argv[1];
  vmtrail::testing::Neighbour neighbour{vmtrail::testing::Broker()};
  neighbour.make_exchange("nova");
  neighbour.make_queue(queue, "nova", "notifications.*");
  for (std::string line; std::getline(std::cin, line);) {
    if (line != "?") neighbour.publish("nova", "notifications.info", line);
    std::cout << neighbour.waiting(queue) << std::endl;
  }
  neighbour.remove_queue(queue);
  return 0;
}
