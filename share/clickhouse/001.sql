-- The table of the sink clickhouse. It may be run again: what is there stays as it is.
--
--     clickhouse-client --query "$(cat 001.sql)"
--     curl --data-binary @001.sql 'http://127.0.0.1:8123/'
--
-- Works on ClickHouse 18.16 and later. An event that comes twice (one side was killed) has the same id and sorts
-- to the same place: the engine keeps one of the two when it merges, SELECT … FINAL shows one at once.
CREATE TABLE IF NOT EXISTS lastwords_events
(
    -- when it happened; the same in nanoseconds since 1970
    time DateTime('UTC'),
    time_ns UInt64,
    -- of the event; FINDING-NUMBER for a state of an issue or incident
    id String,
    -- crash, kill, oom_kill, …, issue, incident
    kind String,
    -- OpenTelemetry's SeverityText and SeverityNumber
    severity String,
    severity_number UInt8,
    host String,
    service String,
    version String,
    -- 0: none
    pid UInt32,
    exe String,
    -- SIGSEGV, …
    signal String,
    exit_status Nullable(UInt8),
    -- its type
    exception String,
    fingerprint String,
    -- id of the issue or incident, of an issue, incident or decision
    issue String,
    incident String,
    -- of kinds that are counted; 1 for others
    count UInt64,
    -- all of it, as JSON
    event String
)
ENGINE = ReplacingMergeTree()
PARTITION BY toYYYYMM(time)
ORDER BY (kind, service, time, id)
