-- DuckDB over the lines of `check --batch accounts.csv --format row --output results.jsonl`:
--   duckdb -c ".read queries.sql", in the folder of results.jsonl

CREATE OR REPLACE VIEW results AS
SELECT * FROM read_json('results.jsonl', format = 'newline_delimited', columns = {
  finished: 'TIMESTAMPTZ', address: 'VARCHAR', server: 'VARCHAR', port: 'INTEGER', provider: 'VARCHAR', ok: 'BOOLEAN',
  outcome: 'VARCHAR', cause: 'VARCHAR', certainty: 'VARCHAR', who: 'VARCHAR', title: 'VARCHAR',
  ports: 'MAP(VARCHAR, VARCHAR)', figures: 'MAP(VARCHAR, DOUBLE)', batch: 'STRUCT(line BIGINT, "key" VARCHAR)'
});

-- What is wrong, and how often.
SELECT outcome, cause, who, count(*) AS accounts FROM results GROUP BY ALL ORDER BY accounts DESC;

-- Who has to be called, with how many of their users cannot send.
SELECT coalesce(provider, server) AS provider, who, count(*) AS accounts
FROM results WHERE outcome = 'cannot-send' GROUP BY ALL ORDER BY accounts DESC;

-- How long servers let their clients wait.
SELECT server, count(*) AS accounts, round(median(figures['greeting_time']), 3) AS greeting,
       round(max(figures['greeting_time']), 3) AS longest
FROM results GROUP BY ALL ORDER BY greeting DESC;

-- Where 587 is shut and 465 is open: one setting helps.
SELECT address, server FROM results WHERE ports['587'] <> 'open' AND ports['465'] = 'open' ORDER BY address;
