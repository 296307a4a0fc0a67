-- A login that was never there before, as an administrator makes one.
SELECT report.add_reader(:'login');
ALTER ROLE :"login" PASSWORD :'password';
