DELETE FROM report.reader WHERE login = :'login';
DROP OWNED BY :"login";
DROP ROLE :"login";
