-- What did partners bring?
-- ru: Что принесли партнёры?
-- ru: Партнёр заказа и партнёр человека — два разных вида, складывать их нельзя. Доля к выплате: partner_share из report.settings.
-- The order's partner and the person's partner are two kinds: do not add them. share_due: partner_share of report.settings.
-- answers: 24
-- group: channels
-- of: orders of partners
-- apart: orders created_on
-- wants: settings.partner_share UPDATE report.settings SET partner_share = 20
-- chart: bar partner paid_amount partner_kind
-- rows: report.orders created_on
SELECT partner_kind, partner, partner_email, currency, sum(orders) AS orders, sum(paid_orders) AS paid_orders, sum(paid_amount) AS paid_amount, sum(other_fees) AS other_fees,
       round(sum(paid_amount) * (SELECT partner_share FROM report.settings) / 100, 2) AS share_due
FROM report.partners WHERE :in_range(day) GROUP BY 1, 2, 3, 4 ORDER BY 1, 7 DESC, 2, 3, 4
