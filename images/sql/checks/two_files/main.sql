.read answer.sql
SELECT n FROM t;
