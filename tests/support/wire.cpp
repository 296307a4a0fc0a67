#include "tests/support/wire.hpp"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <signal.h>

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include "etl/pg.hpp"
#include "tests/support/pattern.hpp"

namespace test_support {
namespace {

using Poco::Net::Socket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

const Poco::Timespan kSlice(0, 20 * 1000);
const std::string kCommit(
    "Q\0\0\0\x0b"
    "COMMIT\0",
    12);

std::string option(const std::string& where, const std::string& name, const std::string& other) {
    const auto found = all_in(where, "\\b" + name + "=(\\S+)");
    return found.empty() ? other : found.front()[1];
}

// False at the end of the stream.
bool pass_on(StreamSocket& from, StreamSocket& to, std::string& piece) {
    char buffer[65536];
    const int count = from.receiveBytes(buffer, sizeof buffer);
    if (count <= 0) return false;
    piece.assign(buffer, static_cast<std::size_t>(count));
    for (int at = 0; at < count;) at += to.sendBytes(buffer + at, count - at);
    return true;
}

}  // namespace

struct Wire::State {
    SocketAddress server;
    std::string database, user;
    Poco::Net::ServerSocket listening{SocketAddress("127.0.0.1", 0)};
    std::mutex mutex;
    std::string purpose;  // whose COMMIT is lost; empty: nobody's
    int left = 0;         // so many COMMITs until then
    std::atomic<int> lost{0};
    std::list<std::jthread> talks;
    std::jthread accepting;

    bool loses(const std::string& greeting, const std::string& piece) {
        if (piece.size() < kCommit.size() ||
            piece.compare(piece.size() - kCommit.size(), kCommit.size(), kCommit) != 0)
            return false;
        const std::lock_guard guard(mutex);
        if (purpose.empty() || greeting.find("gcmirror: " + purpose) == std::string::npos)
            return false;
        if (--left > 0) return false;
        purpose.clear();
        return true;
    }

    void talk(StreamSocket client, const std::stop_token& stop) {
        try {
            StreamSocket behind(server);
            std::string greeting, piece;
            while (!stop.stop_requested()) {
                Socket::SocketList readable{client, behind}, none, failed;
                if (Socket::select(readable, none, failed, kSlice) == 0) continue;
                for (const Socket& ready : readable) {
                    if (ready == behind) {
                        if (!pass_on(behind, client, piece)) return;
                        continue;
                    }
                    if (!pass_on(client, behind, piece)) return;
                    if (greeting.empty()) greeting = piece;
                    if (!loses(greeting, piece)) continue;
                    char done[4096];
                    (void)behind.receiveBytes(done, sizeof done);  // it is committed
                    ++lost;
                    return;
                }
            }
        } catch (const Poco::Exception&) {  // one of the two has gone
        }
    }
};

Wire::Wire(const std::string& database_url) : state_(std::make_unique<State>()) {
    signal(SIGPIPE, SIG_IGN);
    const std::string where = etl::pg::conninfo(database_url, "wire").where;
    const std::string host = option(where, "host", "/run/postgresql"),
                      port = option(where, "port", "5432");
    state_->server = host[0] == '/'
                         ? SocketAddress(SocketAddress::UNIX_LOCAL, host + "/.s.PGSQL." + port)
                         : SocketAddress(host, port);
    state_->database = option(where, "dbname", "postgres");
    state_->user = option(where, "user", "postgres");
    state_->accepting = std::jthread([state = state_.get()](const std::stop_token& stop) {
        while (!stop.stop_requested())
            if (state->listening.poll(kSlice, Socket::SELECT_READ))
                state->talks.emplace_back(
                    [state, socket = state->listening.acceptConnection()](
                        const std::stop_token& over) { state->talk(socket, over); });
    });
}

Wire::~Wire() {
    state_->accepting.request_stop();
    state_->accepting.join();
    state_->talks.clear();  // stops and joins each
}

std::string Wire::url() const {
    return "postgresql://127.0.0.1:" + std::to_string(state_->listening.address().port()) + "/" +
           state_->database + "?user=" + state_->user + "&sslmode=disable&gssencmode=disable";
}

void Wire::lose_commit_of(const std::string& purpose, int nth) {
    const std::lock_guard guard(state_->mutex);
    state_->left = nth;
    state_->purpose = purpose;
}

int Wire::lost() const { return state_->lost; }

}  // namespace test_support
