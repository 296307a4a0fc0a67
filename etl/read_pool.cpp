#include "etl/read_pool.hpp"

#include <Poco/Data/Connector.h>
#include <Poco/Data/PostgreSQL/PostgreSQLException.h>
#include <Poco/Data/PostgreSQL/PostgreSQLStatementImpl.h>
#include <Poco/Data/PostgreSQL/SessionImpl.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/SessionFactory.h>
#include <Poco/Data/SessionPool.h>
#include <Poco/Data/Statement.h>
#include <Poco/Nullable.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace etl {
namespace {

using namespace Poco::Data::Keywords;
using Cell = Poco::Nullable<std::string>;

constexpr const char* kConnector = "postgresql as text";

// Poco's statement makes a double of numeric; this one extracts each column as the text that came.
class TextStatement final : public Poco::Data::PostgreSQL::PostgreSQLStatementImpl {
public:
    using PostgreSQLStatementImpl::PostgreSQLStatementImpl;
    pg::Result result() const {
        std::vector<std::vector<pg::Param>> rows(columns_.empty() ? 0 : columns_.front().size());
        for (const std::vector<Cell>& column : columns_)
            for (std::size_t r = 0; r < rows.size(); ++r)
                rows[r].push_back(column[r].isNull() ? pg::Param() : pg::Param(column[r].value()));
        return {names_, std::move(rows)};
    }

protected:
    void compileImpl() override {
        PostgreSQLStatementImpl::compileImpl();
        columns_.assign(columnsReturned(), {});
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            names_.push_back(metaColumn(i).name());
            addExtract(into(columns_[i]));
        }
    }

private:
    std::vector<std::string> names_;
    std::deque<std::vector<Cell>> columns_;  // stays where it is: extractions point at it
};

// A base outlives those behind it: what it holds is closed after Poco's session has gone.
struct Leftover {
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, &PQfinish};
};

class TextSession final : private Leftover, public Poco::Data::PostgreSQL::SessionImpl {
public:
    using SessionImpl::SessionImpl;
    ~TextSession() override {
        // Poco 1.11 closes only a connection that works, and loses the memory of a broken one.
        if (PGconn* raw = handle(); PQstatus(raw) != CONNECTION_OK) connection.reset(raw);
    }
    Poco::Data::StatementImpl::Ptr createStatementImpl() override {
        return new TextStatement(*this);
    }
    // Poco asks libpq, which has not looked since the last answer; the socket knows better.
    bool isConnected() const override {
        PGconn* raw = const_cast<TextSession*>(this)->handle();
        if (PQstatus(raw) != CONNECTION_OK) return false;
        for (pollfd socket{PQsocket(raw), POLLIN, 0}; poll(&socket, 1, 0) > 0; (void)PQisBusy(raw))
            if (PQconsumeInput(raw) != 1) return false;
        return PQstatus(raw) == CONNECTION_OK;
    }
};

class TextConnector final : public Poco::Data::Connector {
public:
    const std::string& name() const override {
        static const std::string name = kConnector;
        return name;
    }
    Poco::AutoPtr<Poco::Data::SessionImpl> createSession(const std::string& conninfo,
                                                         std::size_t timeout) override {
        // Poco 1.11 loses the memory of a connection that failed: the server is asked first whether
        // it takes any, which needs no login.
        if (PQping(conninfo.c_str()) != PQPING_OK)
            throw Poco::Data::ConnectionFailedException("the server does not answer");
        return new TextSession(conninfo, timeout);
    }
};

pg::Result run(Poco::Data::Session& session, std::string_view sql,
               const std::vector<pg::Param>& params) {
    const Poco::Data::StatementImpl::Ptr impl = session.createStatementImpl();
    Poco::Data::Statement statement(impl);
    statement << std::string(sql);
    std::vector<Cell> cells;
    cells.reserve(params.size());
    for (const pg::Param& param : params) cells.push_back(param ? Cell(*param) : Cell());
    for (Cell& cell : cells) statement, use(cell);
    statement.execute();
    return dynamic_cast<const TextStatement&>(*impl).result();
}

// Poco 1.11 cuts the connection string at each space, also within quotes: our own application_name
// is set later, and nothing else may hold one.
std::string without_spaces(const pg::Conninfo& conninfo) {
    std::string text = conninfo.text;
    const std::size_t name = text.find("application_name='");
    text.erase(name, text.find("' ", name) + 2 - name);
    text.pop_back();
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '\'') {
            quoted = !quoted;
        } else if (quoted && text[i] == ' ') {
            throw Error(Kind::usage,
                        "the database url or its password holds a space, which reading for pages "
                        "and reports cannot pass on",
                        "Choose a password and paths without spaces.");
        }
    }
    return text;
}

class SettledPool final : public Poco::Data::SessionPool {
public:
    SettledPool(const pg::Conninfo& conninfo, const std::string& purpose,
                const ReadPoolOptions& options)
        : SessionPool(
              kConnector, without_spaces(conninfo), 0, options.most,
              static_cast<int>(std::chrono::ceil<std::chrono::seconds>(options.idle).count())),
          purpose_(purpose),
          timeout_(options.statement_timeout) {}

protected:
    void customizeSession(Poco::Data::Session& session) override {
        for (const std::string& setting : pg::session_settings()) session << setting, now;
        session << fmt::format("SET statement_timeout = {}",
                               std::chrono::ceil<std::chrono::milliseconds>(timeout_).count()),
            now;
        session << "SET default_transaction_read_only = on", now;
        (void)run(session, "SELECT set_config('application_name', $1, false)",
                  {"gcmirror: " + purpose_});
    }

private:
    std::string purpose_;
    Duration timeout_;
};

// Poco puts DETAIL and the statement behind the server's words: only the first line is for people.
Error error_of(const Poco::Exception& exception) {
    const std::string text = exception.displayText();
    const auto between = [&](std::string_view before, std::string_view after) {
        const std::size_t begin = text.find(before);
        if (begin == std::string::npos) return std::string();
        const std::size_t from = begin + before.size();
        return text.substr(from, text.find(after, from) - from);
    };
    std::string message = between("ERROR:  ", "\n");
    if (message.empty()) message = between("FATAL:  ", "\n");
    const std::string sqlstate = between(" State: ", " ");
    if (message.empty()) message = text.substr(0, text.find('\n'));
    return Error(Kind::database,
                 "database: " + message + (sqlstate.empty() ? "" : " [" + sqlstate + "]"), "",
                 sqlstate);
}

}  // namespace

struct ReadPool::State {
    State(const pg::Conninfo& conninfo, const std::string& purpose, const ReadPoolOptions& given)
        : options(given), where(conninfo.where), pool(conninfo, purpose, given) {}

    // A session, waiting for one of the others to come back when all are out.
    template <typename F>
    auto with_session(F work) {
        const Turn turn(*this);
        for (bool again = true;; again = false) {
            Poco::Data::Session session = taken();
            try {
                return work(session);
            } catch (const Poco::Exception& exception) {
                const bool gone = !session.isConnected();
                if (gone) session.close();
                if (!gone || !again) throw error_of(exception);
            }
        }
    }

    ReadPoolOptions options;
    std::string where;
    SettledPool pool;
    std::mutex mutex;
    std::condition_variable returned;
    int out = 0;

private:
    struct Turn {
        explicit Turn(State& state) : state_(state) {
            std::unique_lock lock(state_.mutex);
            if (!state_.returned.wait_for(lock, state_.options.wait,
                                          [&] { return state_.out < state_.options.most; }))
                throw Error(Kind::database,
                            fmt::format("all {} database connections for reading are busy",
                                        state_.options.most),
                            "Try again in a moment.", "53300");
            ++state_.out;
        }
        ~Turn() {
            const std::scoped_lock lock(state_.mutex);
            --state_.out;
            state_.returned.notify_one();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        State& state_;
    };

    Poco::Data::Session taken() {
        try {
            return pool.get();
        } catch (const Poco::Exception& exception) {
            throw Error(Kind::database,
                        fmt::format("cannot connect to PostgreSQL ({}): {}", where,
                                    error_of(exception).what()),
                        "See whether the server runs and [database] url is right.", "08001");
        }
    }
};

ReadPool::ReadPool(const std::string& url, const std::string& purpose,
                   const ReadPoolOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { Poco::Data::SessionFactory::instance().add(new TextConnector); });
    state_ = std::make_unique<State>(pg::conninfo(url, purpose), purpose, options);
}

ReadPool::~ReadPool() = default;

pg::Result ReadPool::query(std::string_view sql, const std::vector<pg::Param>& params) {
    return state_->with_session(
        [&](Poco::Data::Session& session) { return run(session, sql, params); });
}

std::vector<pg::Result> ReadPool::query_together(const std::vector<Question>& questions) {
    return state_->with_session([&](Poco::Data::Session& session) {
        session << "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", now;
        try {
            std::vector<pg::Result> results;
            for (const Question& question : questions)
                results.push_back(run(session, question.sql, question.params));
            session << "COMMIT", now;
            return results;
        } catch (const Poco::Exception&) {
            if (session.isConnected()) session << "ROLLBACK", now;
            throw;
        }
    });
}

int ReadPool::open_sessions() const { return state_->pool.allocated(); }

}  // namespace etl
