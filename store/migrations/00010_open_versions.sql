-- +goose Up
-- What is open of each version of a configuration is counted and listed without reading the rows.
CREATE INDEX transactions_version ON transactions (configuration, version, id) WHERE open = 1;
