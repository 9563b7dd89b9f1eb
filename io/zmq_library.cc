// SPDX-License-Identifier: Apache-2.0
// The functions of libzmq that cppzmq calls, as zmq.h declares them. The library, and thirteen
// others that it brings, are loaded with the first call: most commands have no use for them.

#include <dlfcn.h>
#include <zmq.h>

#include <cerrno>
#include <string>
#include <type_traits>

namespace {

constexpr char kLibrary[] = "libzmq.so.5";  // what it has been since 2015

// Without it, the first function that is called fails, as each does: zmq_ctx_new(),
// zmq_curve_keypair(), zmq_z85_encode() or zmq_z85_decode(). Its error is this one, beyond
// libzmq's own.
constexpr int kNotLoaded = ZMQ_HAUSNUMERO + 0x10000;

/// Loaded once, and never unloaded.
class Library {
 public:
  static const Library& instance() {
    static const Library library;
    return library;
  }

  /// nullptr: there is none.
  template <class Function>
  [[nodiscard]] Function find(const char* name) const {
    return handle_ == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(handle_, name));
  }
  [[nodiscard]] const char* error() const { return error_.c_str(); }

 private:
  Library() : handle_(::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) error_ = std::string("libzmq cannot be used: ") + ::dlerror();
  }

  void* const handle_;
  std::string error_;
};

template <class Result>
Result failure() {
  if constexpr (std::is_pointer_v<Result>) {
    return nullptr;
  } else {
    return static_cast<Result>(-1);
  }
}

}  // namespace

#define VMTRAIL_FORWARD(result, name, parameters, arguments)                       \
  result name parameters {                                                         \
    static const auto function = Library::instance().find<decltype(&name)>(#name); \
    return function == nullptr ? failure<result>() : function arguments;           \
  }

extern "C" {
VMTRAIL_FORWARD(int, zmq_bind, (void* socket, const char* address), (socket, address))
VMTRAIL_FORWARD(int, zmq_close, (void* socket), (socket))
VMTRAIL_FORWARD(int, zmq_connect, (void* socket, const char* address), (socket, address))
VMTRAIL_FORWARD(void*, zmq_ctx_new, (), ())
VMTRAIL_FORWARD(int, zmq_ctx_set, (void* context, int option, int value), (context, option, value))
VMTRAIL_FORWARD(int, zmq_ctx_term, (void* context), (context))
VMTRAIL_FORWARD(int, zmq_curve_keypair, (char* public_key, char* secret_key),
                (public_key, secret_key))
VMTRAIL_FORWARD(int, zmq_curve_public, (char* public_key, const char* secret_key),
                (public_key, secret_key))
VMTRAIL_FORWARD(int, zmq_getsockopt, (void* socket, int option, void* value, size_t* size),
                (socket, option, value, size))
VMTRAIL_FORWARD(int, zmq_msg_close, (zmq_msg_t * message), (message))
VMTRAIL_FORWARD(void*, zmq_msg_data, (zmq_msg_t * message), (message))
VMTRAIL_FORWARD(int, zmq_msg_init, (zmq_msg_t * message), (message))
VMTRAIL_FORWARD(int, zmq_msg_init_size, (zmq_msg_t * message, size_t size), (message, size))
VMTRAIL_FORWARD(int, zmq_msg_more, (const zmq_msg_t* message), (message))
VMTRAIL_FORWARD(int, zmq_msg_recv, (zmq_msg_t * message, void* socket, int flags),
                (message, socket, flags))
VMTRAIL_FORWARD(int, zmq_msg_send, (zmq_msg_t * message, void* socket, int flags),
                (message, socket, flags))
VMTRAIL_FORWARD(size_t, zmq_msg_size, (const zmq_msg_t* message), (message))
VMTRAIL_FORWARD(int, zmq_poll, (zmq_pollitem_t * items, int count, long timeout),
                (items, count, timeout))
VMTRAIL_FORWARD(int, zmq_send, (void* socket, const void* bytes, size_t size, int flags),
                (socket, bytes, size, flags))
VMTRAIL_FORWARD(int, zmq_setsockopt, (void* socket, int option, const void* value, size_t size),
                (socket, option, value, size))
VMTRAIL_FORWARD(void*, zmq_socket, (void* context, int type), (context, type))
VMTRAIL_FORWARD(int, zmq_socket_monitor, (void* socket, const char* address, int events),
                (socket, address, events))
VMTRAIL_FORWARD(uint8_t*, zmq_z85_decode, (uint8_t * to, const char* text), (to, text))
VMTRAIL_FORWARD(char*, zmq_z85_encode, (char* to, const uint8_t* bytes, size_t size),
                (to, bytes, size))

int zmq_errno() {
  static const auto function = Library::instance().find<decltype(&zmq_errno)>("zmq_errno");
  return function == nullptr ? kNotLoaded : function();
}

const char* zmq_strerror(int number) {
  static const auto function = Library::instance().find<decltype(&zmq_strerror)>("zmq_strerror");
  return function == nullptr || number == kNotLoaded ? Library::instance().error()
                                                     : function(number);
}
}  // extern "C"
