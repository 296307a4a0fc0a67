// A journal that hands everything to another one: tests override the step they want to disturb.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "etl/journal.hpp"

namespace test_support {

class ForwardingJournal : public etl::Journal {
public:
    explicit ForwardingJournal(std::unique_ptr<etl::Journal> inner) : inner_(std::move(inner)) {}
    etl::Instant now() override { return inner_->now(); }
    std::int64_t begin_run(const std::string& job, const std::string& plan) override {
        return inner_->begin_run(job, plan);
    }
    void finish_run(std::int64_t run, const std::string& state, int code,
                    const std::string& reason) override {
        inner_->finish_run(run, state, code, reason);
    }
    etl::Permit before_send(const etl::RequestIntent& intent, int reserve) override {
        return inner_->before_send(intent, reserve);
    }
    void after_answer(std::int64_t id, const etl::Answered& answered) override {
        inner_->after_answer(id, answered);
    }
    std::vector<etl::Spent> ledger() override { return inner_->ledger(); }
    etl::SendDecision free_now() override { return inner_->free_now(); }
    std::map<std::string, int> poll_answers(std::int64_t id) override {
        return inner_->poll_answers(id);
    }
    std::int64_t intend(std::int64_t run, const etl::ExportQuery& query) override {
        return inner_->intend(run, query);
    }
    void save(const etl::ExportRow& row) override { inner_->save(row); }
    void started(const etl::ExportRow& row, std::int64_t id,
                 const etl::Answered& answered) override {
        inner_->started(row, id, answered);
    }
    std::vector<etl::ExportRow> exports(const std::vector<etl::ExportState>& states) override {
        return inner_->exports(states);
    }
    etl::ExportRow export_row(std::int64_t id) override { return inner_->export_row(id); }
    std::optional<std::int64_t> export_with_service_id(const std::string& id) override {
        return inner_->export_with_service_id(id);
    }
    std::vector<etl::BuildTime> build_times(const std::string& resource, int most) override {
        return inner_->build_times(resource, most);
    }
    std::unique_ptr<etl::BodyWriter> body_writer(std::int64_t id) override {
        return inner_->body_writer(id);
    }
    void read_body(std::int64_t id, const std::function<void(std::string_view)>& piece) override {
        inner_->read_body(id, piece);
    }

protected:
    std::unique_ptr<etl::Journal> inner_;
};

}  // namespace test_support
