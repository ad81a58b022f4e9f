-- What was delivered, by day: whole days since 1970 (UTC). A variant's name outlives the variant; options that stood in its place
-- have the empty name.
CREATE TABLE deliveries (
    account TEXT NOT NULL REFERENCES accounts (id),
    day BIGINT NOT NULL,
    variant TEXT NOT NULL,
    images BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (account, day, variant)
);
