// SPDX-License-Identifier: Apache-2.0
// One end of the comparison over AMQP: fills a queue, or empties it, bare or as vmtrail does.
//
//   amqp_ingest feed FILE URL                  publishes each line of FILE to the queue of URL
//   amqp_ingest bare MESSAGES URL              a loop of rabbitmq-c's, and acknowledgements
//   amqp_ingest vmtrail EVENTS STATE|- URL     source, decoder, model, records; a store in STATE
//
// URL is that of a source, with queue= and one bind=. A receiver prints how many seconds passed
// from the first message to the last, and how much CPU time it took.

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "bench/ingest.h"
#include "bench/program.h"
#include "io/amqp_queue.h"

namespace vmtrail::bench {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr amqp_channel_t kBinding = 2;

struct Opened {
  explicit Opened(const std::string& text)
      : url(take(parse_url(text))),
        queue(take(AmqpQueue::of(url))),
        connection(take(AmqpConnection::open(take(AmqpAddress::of(url))))) {
    take(connection.open_channel(kChannel));
  }

  Url url;
  AmqpQueue queue;
  AmqpConnection connection;
};

void feed(const std::string& file, const std::string& url) {
  Opened at(url);
  const auto state = at.connection.get();
  amqp_queue_declare(state, kChannel, amqp_bytes(at.queue.name), 0, 1, 0, 0, amqp_empty_table);
  take(at.connection.check("making the queue"));
  std::ignore = take(vmtrail::bind(at.connection, kBinding, at.queue));
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = amqp_bytes("application/json");
  properties.delivery_mode = 2;
  const AmqpBinding& to = at.queue.bindings.front();
  std::ifstream input(file);
  for (std::string line; std::getline(input, line);) {
    take(at.connection.check(
        amqp_basic_publish(state, kChannel, amqp_bytes(to.exchange), amqp_bytes(to.key), 0, 0,
                           &properties, amqp_bytes(line)),
        "publishing"));
  }
  take(at.connection.close());
}

// The least that a consumer must do to lose nothing: what has come is acknowledged in one go.
void receive_bare(std::size_t messages, const std::string& url) {
  Opened at(url);
  take(consume(at.connection, kChannel, at.queue));
  const auto state = at.connection.get();
  const std::size_t at_once = at.queue.prefetch / 4U + 1;
  Clock::time_point begun;
  for (std::size_t i = 1; i <= messages; ++i) {
    amqp_maybe_release_buffers(state);
    amqp_envelope_t envelope;
    take(at.connection.check(amqp_consume_message(state, &envelope, nullptr, 0), "receiving"));
    if (i == 1) begun = Clock::now();
    if (i % at_once == 0 || i == messages) {
      take(at.connection.check(amqp_basic_ack(state, kChannel, envelope.delivery_tag, 1),
                               "acknowledging"));
    }
    amqp_destroy_envelope(&envelope);
  }
  tell(begun);
  take(at.connection.close());
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "feed") {
    feed(words[1], words[2]);
  } else if (words.size() == 3 && words[0] == "bare") {
    receive_bare(std::stoul(words[1]), words[2]);
  } else if (words.size() == 4 && words[0] == "vmtrail") {
    receive(std::stoul(words[1]), words[2], words[3], [](const Source&) {});
  } else {
    std::fputs("usage: see the head of bench/amqp_ingest.cc\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace vmtrail::bench

int main(int argc, char** argv) {
  return vmtrail::bench::run_program("amqp_ingest", vmtrail::bench::run, argc, argv);
}
