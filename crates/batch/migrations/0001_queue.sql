-- One call's worth of work, whichever processes share it. `identity` says what is to be done; at most one run of it is open.
CREATE TABLE tintype_batch.runs (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity      TEXT NOT NULL,
    source        TEXT NOT NULL,
    destination   TEXT NOT NULL,
    options       TEXT NOT NULL,
    -- The source is listed by one process at a time, which holds this lease; the next goes on behind listed_to.
    lister        TEXT,
    listing_until TIMESTAMPTZ,
    listed_to     TEXT COLLATE "C",
    listed        BOOLEAN NOT NULL DEFAULT FALSE,
    started_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX runs_open ON tintype_batch.runs (md5(identity)) WHERE finished_at IS NULL;

-- One object of the source.
CREATE TABLE tintype_batch.items (
    run         BIGINT NOT NULL REFERENCES tintype_batch.runs ON DELETE CASCADE,
    key         TEXT COLLATE "C" NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'skipped', 'failed')),
    -- Who works on it, and until when that is believed without another word from there.
    owner       TEXT,
    lease_until TIMESTAMPTZ,
    attempts    INTEGER NOT NULL DEFAULT 0,
    takeovers   INTEGER NOT NULL DEFAULT 0,
    -- The result's key, taken before it is written: two items of a run never write the same.
    output      TEXT COLLATE "C",
    bytes_in    BIGINT NOT NULL DEFAULT 0,
    bytes_out   BIGINT NOT NULL DEFAULT 0,
    -- Why it failed or was skipped.
    why         TEXT,
    PRIMARY KEY (run, key)
);
CREATE UNIQUE INDEX items_output ON tintype_batch.items (run, md5(output)) WHERE output IS NOT NULL;
CREATE INDEX items_open ON tintype_batch.items (run, key) WHERE state IN ('waiting', 'working');

-- Takes up to `n` items for `me`: those that wait, and those whose owner's lease has ended. A function, because only so can the planner
-- be held to walking items_open: of a table that has just been filled it knows nothing, and would sort all of it for each portion.
CREATE FUNCTION tintype_batch.take(the_run BIGINT, me TEXT, n BIGINT, lease_seconds DOUBLE PRECISION, most_attempts INTEGER)
RETURNS TABLE (taken_key TEXT, taken_output TEXT)
LANGUAGE plpgsql
SET enable_bitmapscan = off SET enable_seqscan = off SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM FROM tintype_batch.runs WHERE id = the_run AND finished_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH free AS (
        SELECT run, key, state = 'working' AS is_left FROM tintype_batch.items
        WHERE run = the_run AND state IN ('waiting', 'working')
          AND (state = 'waiting' OR (lease_until < now() AND attempts < most_attempts))
        ORDER BY key LIMIT n FOR UPDATE SKIP LOCKED
    )
    UPDATE tintype_batch.items AS item
    SET state = 'working', owner = me, lease_until = now() + make_interval(secs => lease_seconds),
        attempts = attempts + 1, takeovers = takeovers + is_left::int
    FROM free WHERE item.run = free.run AND item.key = free.key
    RETURNING item.key, item.output;
END
$$;
