-- A small shop. Each row carries a revision that every UPDATE raises, so that each change of the
-- demo can be told from every other one and none can hide behind its like.
CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,
    city      text,
    revision  int NOT NULL DEFAULT 1
);

CREATE TABLE shop.products (
    id        bigint PRIMARY KEY,
    name      text NOT NULL,
    price     numeric(10,2) NOT NULL,
    stock     int NOT NULL,
    revision  int NOT NULL DEFAULT 1
);

CREATE TABLE shop.orders (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer  bigint NOT NULL,
    state     text NOT NULL DEFAULT 'open',
    total     numeric(10,2) NOT NULL DEFAULT 0,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revision  int NOT NULL DEFAULT 1
);

CREATE TABLE shop.order_lines (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id  bigint NOT NULL,
    product   bigint NOT NULL,
    quantity  int NOT NULL,
    revision  int NOT NULL DEFAULT 1
);
