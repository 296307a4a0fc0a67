#include "tests/support/fixture_load.hpp"

#include "etl/gzip.hpp"
#include "etl/sheet.hpp"

namespace test_support {

etl::ExportRow receive(etl::Journal& journal, std::int64_t run_id, const etl::ExportQuery& query,
                       const std::string& plain) {
    etl::SheetScanner scanner(nullptr);
    scanner.feed(plain);
    const etl::Envelope envelope = scanner.finish();

    etl::ExportRow row = journal.export_row(journal.intend(run_id, query));
    row.started_at = journal.now();
    row.received_at = journal.now();
    row.state = etl::ExportState::received;
    row.rows = envelope.rows;
    row.headings = etl::headings(envelope);
    const etl::Permit permit =
        journal.before_send({run_id, row.id, "poll", "fixture", "test", false}, 0);
    const auto writer = journal.body_writer(row.id);
    writer->write(etl::gzip(plain));
    etl::Answered answered;
    answered.answer = "Ready";
    answered.http_status = 200;
    row.body_id = writer->commit(row, permit.request_id, answered, plain.size());
    return row;
}

etl::Loaded load_body(etl::pg::Connection& loading, etl::Journal& journal,
                      const etl::Config& config, const etl::ExportQuery& query,
                      const std::string& plain) {
    const std::int64_t run_id = journal.begin_run("test", "{}");
    const etl::ExportRow row = receive(journal, run_id, query, plain);
    etl::pg::Transaction transaction(loading);
    etl::Loaded loaded =
        etl::load_export(loading, journal, config, etl::Zone("Europe/Moscow"), run_id, row, {});
    transaction.commit();
    return loaded;
}

}  // namespace test_support
