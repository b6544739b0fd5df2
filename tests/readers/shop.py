"""A small shop at work: what the readers read, and what its tables hold in the end."""
import random

ORDERS = """CREATE TABLE orders (
    id int PRIMARY KEY, amount numeric(12, 2), placed_at timestamptz,
    note text, paid boolean NOT NULL DEFAULT false);
ALTER TABLE orders REPLICA IDENTITY FULL"""


def trade(pipe, seed, rounds):
    """Inserts, updates and deletes orders, changes keys, rolls some of it back."""
    choice = random.Random(seed)
    for _ in range(rounds):
        with pipe.postgres.connect(pipe.database, autocommit=False) as connection:
            for _ in range(choice.randrange(1, 30)):
                _change(connection, choice)
            if choice.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()


def _change(connection, choice):
    number = choice.randrange(300)
    deed = choice.random()
    if deed < 0.6:
        connection.execute(
            "INSERT INTO orders VALUES (%s, %s, now() - %s * interval '1 s', %s) ON CONFLICT (id) "
            "DO UPDATE SET amount = excluded.amount, note = excluded.note",
            (number, choice.choice([None, choice.randrange(-10 ** 9, 10 ** 9) / 100]),
             choice.randrange(10 ** 6), choice.choice([None, "", "caf\u00e9 \"x\"\n", "n" * 300])))
    elif deed < 0.75:
        connection.execute("UPDATE orders SET paid = NOT paid WHERE id = %s", (number,))
    elif deed < 0.85:
        connection.execute("UPDATE orders SET id = id + 1000 WHERE id = %s AND NOT EXISTS "
                           "(SELECT FROM orders WHERE id = %s)", (number, number + 1000))
    else:
        connection.execute("DELETE FROM orders WHERE id = %s", (number,))


def busy_day(pipe, seed):
    """Trades while the program runs, is killed, is away and runs again; all of it is published at
    the end."""
    pipe.start()
    trade(pipe, f"{seed}/1", 60)
    pipe.kill()
    trade(pipe, f"{seed}/2", 30)
    pipe.start()
    trade(pipe, f"{seed}/3", 60)
    pipe.confirmed()
