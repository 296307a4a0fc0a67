#include "etl/read_pool.hpp"

#include <Poco/Data/AbstractSessionImpl.h>
#include <Poco/Data/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/SessionFactory.h>
#include <Poco/Data/SessionPool.h>
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "etl/error.hpp"

namespace etl {
namespace {

constexpr const char* kConnector = "etl/pg";

// A connection of etl/pg as Poco::Data's pool keeps it. Poco's own connector for PostgreSQL makes a
// double of numeric, cuts passwords at a space and loses the memory of connections that fail
// (1.11). Statements go to the connection itself, property "handle".
class ReadSession final : public Poco::Data::AbstractSessionImpl<ReadSession> {
public:
    explicit ReadSession(const std::string& url) : AbstractSessionImpl(url) { open(); }

    void open(const std::string& = "") override {
        connection_ = std::make_unique<pg::Connection>(connectionString(), "reading");
        setProperty("handle", connection_.get());
    }
    void close() override { connection_.reset(); }
    void reset() override {}  // what a reading sets ends with its transaction
    bool isConnected() const override { return connection_ != nullptr && !connection_->broken(); }
    const std::string& connectorName() const override {
        static const std::string name = kConnector;
        return name;
    }
    Poco::SharedPtr<Poco::Data::StatementImpl> createStatementImpl() override {
        throw Poco::NotImplementedException("statements go to the session's handle");
    }
    // The connection's own limits hold.
    void setConnectionTimeout(std::size_t) override {}
    std::size_t getConnectionTimeout() const override { return 0; }
    // Transactions are pg::Transaction's.
    void begin() override { connection_->execute("BEGIN"); }
    void commit() override { connection_->execute("COMMIT"); }
    void rollback() override { connection_->execute("ROLLBACK"); }
    bool canTransact() const override { return true; }
    bool isTransaction() const override { return connection_->in_transaction(); }
    void setTransactionIsolation(Poco::UInt32) override {}
    Poco::UInt32 getTransactionIsolation() const override { return 0; }
    bool hasTransactionIsolation(Poco::UInt32) const override { return false; }
    bool isTransactionIsolation(Poco::UInt32) const override { return false; }

private:
    std::unique_ptr<pg::Connection> connection_;
};

class ReadConnector final : public Poco::Data::Connector {
public:
    const std::string& name() const override {
        static const std::string name = kConnector;
        return name;
    }
    Poco::AutoPtr<Poco::Data::SessionImpl> createSession(const std::string& url,
                                                         std::size_t) override {
        return new ReadSession(url);
    }
};

pg::Connection& connection_of(Poco::Data::Session& session) {
    return *Poco::AnyCast<pg::Connection*>(session.getProperty("handle"));
}

class SettledPool final : public Poco::Data::SessionPool {
public:
    SettledPool(const std::string& url, const std::string& purpose, const ReadPoolOptions& options)
        : SessionPool(
              kConnector, url, 0, options.most,
              static_cast<int>(std::chrono::ceil<std::chrono::seconds>(options.idle).count())),
          purpose_(purpose),
          options_(options) {}

protected:
    void customizeSession(Poco::Data::Session& session) override {
        const auto milliseconds = [](Duration value) {
            return std::chrono::ceil<std::chrono::milliseconds>(value).count();
        };
        pg::Connection& connection = connection_of(session);
        connection.execute(fmt::format(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET "
            "default_transaction_read_only = on; SET idle_in_transaction_session_timeout = '1min'",
            milliseconds(options_.statement_timeout), milliseconds(options_.lock_timeout)));
        (void)connection.query("SELECT set_config('application_name', $1, false)",
                               {"gcmirror: " + purpose_});
    }

private:
    std::string purpose_;
    ReadPoolOptions options_;
};

}  // namespace

struct ReadPool::State {
    State(const std::string& url, const std::string& purpose, const ReadPoolOptions& given)
        : options(given), pool(url, purpose, given) {}

    // A place among the sessions, waiting for one to come back when all are out.
    class Turn {
    public:
        explicit Turn(State& state) : state_(state) {
            std::unique_lock lock(state_.mutex);
            if (!state_.returned.wait_for(lock, state_.options.wait,
                                          [&] { return state_.taken < state_.options.most; }))
                throw Error(Kind::database,
                            fmt::format("all {} database connections for reading are busy",
                                        state_.options.most),
                            "Try again in a moment.", "53300");
            ++state_.taken;
        }
        ~Turn() {
            const std::scoped_lock lock(state_.mutex);
            --state_.taken;
            state_.returned.notify_one();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        State& state_;
    };

    // Marks a connection that runs a statement, for cancel().
    class Busy {
    public:
        Busy(State& state, pg::Connection& connection) : state_(state), connection_(&connection) {
            const std::scoped_lock lock(state_.mutex);
            state_.busy.insert(connection_);
        }
        ~Busy() {
            const std::scoped_lock lock(state_.mutex);
            state_.busy.erase(connection_);
        }
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

    private:
        State& state_;
        pg::Connection* connection_;
    };

    std::string read(Poco::Data::Session& session,
                     const std::function<std::string(pg::Connection&)>& act) {
        pg::Connection& connection = connection_of(session);
        const Busy marked(*this, connection);
        pg::Transaction transaction(connection, "REPEATABLE READ READ ONLY");
        std::string out = act(connection);
        transaction.commit();
        return out;
    }

    ReadPoolOptions options;
    SettledPool pool;
    std::mutex mutex;
    std::condition_variable returned;
    int taken = 0;
    std::set<pg::Connection*> busy;
};

ReadPool::ReadPool(const std::string& url, const std::string& purpose,
                   const ReadPoolOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { Poco::Data::SessionFactory::instance().add(new ReadConnector); });
    state_ = std::make_unique<State>(url, purpose, options);
}

ReadPool::~ReadPool() = default;

std::string ReadPool::read(const std::function<std::string(pg::Connection&)>& act) {
    const State::Turn turn(*state_);
    for (bool again = true;; again = false) {
        Poco::Data::Session session = state_->pool.get();
        try {
            return state_->read(session, act);
        } catch (const Error&) {
            const bool gone = !session.isConnected();
            if (gone) session.close();
            if (!gone || !again) throw;
        }
    }
}

void ReadPool::cancel() noexcept {
    const std::scoped_lock lock(state_->mutex);
    for (pg::Connection* connection : state_->busy) connection->cancel();
}

int ReadPool::open_sessions() const { return state_->pool.allocated(); }

}  // namespace etl
