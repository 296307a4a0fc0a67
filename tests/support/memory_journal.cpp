#include "tests/support/memory_journal.hpp"

#include <algorithm>
#include <map>

#include "etl/error.hpp"

using namespace etl;

namespace test_support {
namespace {

// The same rules as in PostgreSQL, over vectors; the moment comes from outside.
class MemoryJournal final : public Journal {
public:
    MemoryJournal(const BudgetRules& rules, std::function<Moment()> moment)
        : rules_(rules), moment_(std::move(moment)) {}

    [[nodiscard]] Instant now() override { return moment_().wall; }
    [[nodiscard]] std::int64_t begin_run(const std::string&, const std::string&) override {
        return ++runs_;
    }
    void finish_run(std::int64_t, const std::string&, int, const std::string&) override {}

    [[nodiscard]] Permit before_send(const RequestIntent& intent, int extra_reserve) override {
        Permit permit;
        const Moment moment = moment_();
        permit.now = moment.wall;
        permit.decision.allowed = true;
        if (intent.counts)
            permit.decision =
                etl::free_now(ledger(), moment, rules_, extra_reserve, intent.kind == "start");
        if (!permit.decision.allowed) return permit;
        requests_.push_back({moment, intent.counts, intent.kind, intent.export_id, {}});
        permit.request_id = static_cast<std::int64_t>(requests_.size());
        return permit;
    }
    void after_answer(std::int64_t request_id, const Answered& answered) override {
        Sent& sent = requests_.at(static_cast<std::size_t>(request_id - 1));
        sent.at = moment_();
        sent.counts = sent.counts && answered.sent;
        sent.answer = answered.answer;
    }

    [[nodiscard]] std::vector<Spent> ledger() override {
        std::vector<Spent> spent;
        for (const Sent& sent : requests_)
            if (sent.counts) spent.push_back({sent.at, said_by(sent.answer)});
        return spent;
    }
    [[nodiscard]] SendDecision free_now() override {
        return etl::free_now(ledger(), moment_(), rules_, 0, false);
    }
    [[nodiscard]] std::map<std::string, int> poll_answers(std::int64_t export_id) override {
        std::map<std::string, int> counts;
        for (const Sent& sent : requests_)
            if (sent.export_id == export_id && sent.kind == "poll") ++counts[sent.answer];
        return counts;
    }

    [[nodiscard]] std::int64_t intend(std::int64_t run_id, const ExportQuery& query) override {
        ExportRow row;
        row.id = static_cast<std::int64_t>(exports_.size()) + 1;
        row.run_id = run_id;
        row.query = query;
        row.intended_at = now();
        exports_.push_back(row);
        return row.id;
    }
    void save(const ExportRow& row) override { stored(row.id) = row; }
    void started(const ExportRow& row, std::int64_t request_id, const Answered& answered) override {
        save(row);
        after_answer(request_id, answered);
    }
    [[nodiscard]] std::vector<ExportRow> exports(const std::vector<ExportState>& states) override {
        std::vector<ExportRow> found;
        for (const ExportRow& row : exports_)
            if (std::find(states.begin(), states.end(), row.state) != states.end())
                found.push_back(row);
        return found;
    }
    [[nodiscard]] ExportRow export_row(std::int64_t id) override { return stored(id); }
    [[nodiscard]] std::optional<std::int64_t> export_with_service_id(
        const std::string& service_id) override {
        for (const ExportRow& row : exports_)
            if (row.service_id == service_id) return row.id;
        return std::nullopt;
    }
    [[nodiscard]] std::vector<BuildTime> build_times(const std::string& resource,
                                                     int most) override {
        std::vector<BuildTime> times;
        for (const ExportRow& row : exports_) {
            if (row.query.resource != resource || !row.received_at || !row.started_at ||
                row.polls == 0 || row.repeated)
                continue;
            const double days =
                row.query.from && row.query.to
                    ? static_cast<double>((*row.query.to - *row.query.from).count() + 1)
                    : 1;
            times.push_back({row.not_ready, *row.received_at - *row.started_at, days, row.polls});
        }
        if (static_cast<int>(times.size()) > most) times.erase(times.begin(), times.end() - most);
        return times;
    }
    [[nodiscard]] std::unique_ptr<BodyWriter> body_writer(std::int64_t) override {
        return std::make_unique<Writer>(*this);
    }
    void read_body(std::int64_t body_id,
                   const std::function<void(std::string_view)>& gzip_piece) override {
        const auto found = bodies_.find(body_id);
        if (found == bodies_.end())
            throw Error(Kind::database, "body " + std::to_string(body_id) + " is not kept");
        gzip_piece(found->second);
    }

private:
    struct Sent {
        Moment at;
        bool counts = true;
        std::string kind;
        std::int64_t export_id = 0;
        std::string answer;
    };
    class Writer final : public BodyWriter {
    public:
        explicit Writer(MemoryJournal& journal) : journal_(journal) {}
        void write(std::string_view gzip_piece) override { bytes_.append(gzip_piece); }
        std::int64_t commit(const ExportRow& row, std::int64_t request_id, const Answered& answered,
                            std::uint64_t) override {
            const std::int64_t id = static_cast<std::int64_t>(journal_.bodies_.size()) + 1;
            journal_.bodies_[id] = std::move(bytes_);
            ExportRow received = row;
            received.body_id = id;
            journal_.save(received);
            journal_.after_answer(request_id, answered);
            return id;
        }

    private:
        MemoryJournal& journal_;
        std::string bytes_;
    };

    ExportRow& stored(std::int64_t id) {
        if (id < 1 || id > static_cast<std::int64_t>(exports_.size()))
            throw Error(Kind::unexpected, "no export " + std::to_string(id));
        return exports_[static_cast<std::size_t>(id - 1)];
    }

    BudgetRules rules_;
    std::function<Moment()> moment_;
    std::int64_t runs_ = 0;
    std::vector<Sent> requests_;
    std::vector<ExportRow> exports_;
    std::map<std::int64_t, std::string> bodies_;
};

}  // namespace

std::unique_ptr<Journal> memory_journal(const BudgetRules& rules, std::function<Moment()> moment) {
    return std::make_unique<MemoryJournal>(rules, std::move(moment));
}

}  // namespace test_support
