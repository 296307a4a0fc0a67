// Inside of etl/pg: the libpq connection, and how its failures become Errors. Included by pg*.cpp
// only.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "etl/pg.hpp"

namespace etl::pg {

struct CloseConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ConnectionPtr = std::unique_ptr<PGconn, CloseConnection>;
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

struct Connection::State {
    Conninfo target;
    ConnectionPtr connection;
    std::mutex cancelling;  // held while `connection` is replaced, and where another thread uses it
    int opened = 0;
    std::chrono::microseconds reopen_within{0};
    std::stop_token stop;
    bool idle = true;  // no transaction was open after the last statement
    std::chrono::steady_clock::time_point used;
    std::map<std::string, std::unique_ptr<Connection>>
        locks;  // by name; each on its own connection

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();  // its locks are free when it ends
    PGconn* raw() const { return connection.get(); }
    void replace(ConnectionPtr fresh);  // also by none
    void open();                        // once; Error{database}
    PGconn* ready();                    // raw(), opened again when it broke while idle
    void remember();                    // after each statement
    bool alive();                       // looks at the socket
    bool answers();                     // asks the server
    void reopen();
    void keep_locks();
    // `attempt`, and again after Errors of this kind, for as long as `within`; its last Error.
    void persist(Kind passing, std::chrono::microseconds within,
                 const std::function<void()>& attempt) const;
};

// Error{database} from the server's answer, or from the connection when there is none: primary
// message, SQLSTATE, table, column and line; never DETAIL or CONTEXT, which hold rows of people.
[[noreturn]] void fail(PGconn* connection, const PGresult* result);
[[nodiscard]] std::string trimmed(const char* message);

}  // namespace etl::pg
