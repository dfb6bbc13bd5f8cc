-- +goose Up
ALTER TABLE transactions ADD COLUMN channels TEXT NOT NULL DEFAULT '[]';
