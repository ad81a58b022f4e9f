-- Messages about direct uploads: here from the transaction that they tell of until they were taken, or given up.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- Sent, or about to be sent, so many times.
    attempts BIGINT NOT NULL,
    -- Not to be sent before.
    due BIGINT NOT NULL
);

CREATE INDEX webhooks_due ON webhooks (due);
