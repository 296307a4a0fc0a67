-- report: the plan of the whole school; and a session that asks for an earlier moment can be seen in the head of what it shows.
CREATE TABLE report.school_plans (
    month    date NOT NULL CHECK (extract(day FROM month) = 1),
    currency text NOT NULL,
    amount   numeric(18,2) NOT NULL,
    PRIMARY KEY (month, currency)
);
COMMENT ON TABLE report.school_plans IS 'What the school means to take in, per month and currency; a month without a row has the sum of report.manager_plans. For report school_plan.';
COMMENT ON COLUMN report.school_plans.month IS 'First day of the month.';
COMMENT ON COLUMN report.school_plans.currency IS 'Currency, as the payments name it.';
COMMENT ON COLUMN report.school_plans.amount IS 'Net money planned for the month.';

CREATE OR REPLACE VIEW report.clock AS
SELECT s.time_zone AS zone, (t.moment AT TIME ZONE s.time_zone)::date AS today, t.moment AS as_of, history.as_of() AS asked_as_of
FROM report.settings s,
     (SELECT coalesce(CASE WHEN history.as_of() IS NOT NULL THEN history.known(history.as_of(), (SELECT moment FROM history.beginning)) END, (SELECT max(as_of) FROM journal.coverage WHERE complete), now()) AS moment) t;
COMMENT ON COLUMN report.clock.asked_as_of IS 'gcmirror.as_of of this session: its figures are those of then. NULL: none asked for, they are the present ones. For the head of a dashboard.';
COMMENT ON FUNCTION history.as_of() IS 'The moment this transaction asks for by SET LOCAL gcmirror.as_of (behind a pooler a plain SET stays for the next client); NULL: now.';
SELECT report.publish_masked(), report.grant_roles();
