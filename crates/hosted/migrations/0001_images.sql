-- One text for SQLite and PostgreSQL. Times are milliseconds since 1970 (UTC).

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    -- Images with bytes, counted where they come and go.
    images BIGINT NOT NULL,
    flexible_variants BOOLEAN NOT NULL,
    browser_ttl BIGINT NOT NULL,
    preserve_content_credentials BOOLEAN NOT NULL
);

-- What there is one of.
CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    -- SHA-256 of the token, in hexadecimal.
    digest TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT
);

CREATE TABLE signing_keys (
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE variants (
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    options TEXT NOT NULL,
    never_require_signed BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- Every file in the store has its row here: from before it is written until after it is removed.
CREATE TABLE blobs (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'owned', 'leaving')),
    since BIGINT NOT NULL
);

CREATE INDEX blobs_not_owned ON blobs (since) WHERE state <> 'owned';

CREATE TABLE images (
    key TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    -- SHA-256 of the id: ids may be longer than what an index holds.
    slot TEXT NOT NULL,
    custom BOOLEAN NOT NULL,
    filename TEXT,
    creator TEXT,
    metadata TEXT,
    require_signed BOOLEAN NOT NULL,
    uploaded BIGINT NOT NULL,
    -- Until when a draft waits for its bytes; none where they are there.
    expires BIGINT,
    blob TEXT UNIQUE REFERENCES blobs (name),
    media_type TEXT,
    bytes BIGINT,
    width BIGINT,
    height BIGINT,
    digest TEXT,
    UNIQUE (account, slot),
    CHECK ((blob IS NULL) = (expires IS NOT NULL))
);

CREATE INDEX images_by_time ON images (account, uploaded, key) WHERE blob IS NOT NULL;
-- The beginning: a whole creator may be longer than what an index holds.
CREATE INDEX images_by_creator ON images (account, substr(creator, 1, 64), uploaded, key) WHERE blob IS NOT NULL;
CREATE INDEX images_drafts ON images (expires) WHERE blob IS NULL;

-- The values of images' metadata that lists can be filtered by.
CREATE TABLE metadata (
    image TEXT NOT NULL REFERENCES images (key) ON DELETE CASCADE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('string', 'number', 'boolean')),
    text TEXT,
    number DOUBLE PRECISION,
    PRIMARY KEY (image, path)
);

CREATE INDEX metadata_texts ON metadata (path, text);
CREATE INDEX metadata_numbers ON metadata (path, number);
