"""The shop's work: orders placed, paid, shipped, cancelled, by a few clerks at once."""
import random
import threading
import time
from pathlib import Path

NAMES = ["Ada", "Ben", "Chloe", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jamal"]
CITIES = ["Aarhus", "Bilbao", "Cork", "Dresden", "Esbjerg", "Faro", None]
GOODS = ["kettle", "lamp", "teapot", "chair", "clock", "ladle", "basket", "rug", "mirror", "stool"]


class Shop:
    """`clerks` sessions that work until stop(), about `rate` transactions a second together."""

    def __init__(self, postgres, database, clerks=3, rate=120, seed=None):
        self._postgres, self._database = postgres, database
        self._pause = clerks / rate
        self._end = threading.Event()
        self._seed = seed if seed is not None else random.SystemRandom().randrange(1 << 32)
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True)
                         for number in range(clerks)]
        self.transactions = 0
        self._count = threading.Lock()
        self.failures = []

    def open(self):
        """Makes the tables and fills the shelves; one transaction."""
        with self._postgres.connect(self._database) as session:
            session.execute(Path(__file__).with_name("shop.sql").read_text())

    def stock(self):
        """The first rows: a customer and the goods."""
        with self._postgres.connect(self._database, autocommit=False) as session:
            for number, name in enumerate(GOODS, 1):
                session.execute("INSERT INTO shop.products (id, name, price, stock) "
                                "VALUES (%s, %s, %s, 1000)", (number, name, number * 7.5))

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Returns when every clerk has finished the transaction at hand."""
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number):
        luck = random.Random(self._seed + number)
        try:
            with self._postgres.connect(self._database, autocommit=False) as session:
                while not self._end.is_set():
                    began = time.monotonic()
                    luck.choices([self._order, self._pay, self._cancel, self._customer,
                                  self._restock], [6, 4, 1, 1, 1])[0](session, luck)
                    session.commit()
                    with self._count:
                        self.transactions += 1
                    self._end.wait(max(0.0, self._pause - (time.monotonic() - began)))
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(error)

    @staticmethod
    def _customer(session, luck):
        session.execute("INSERT INTO shop.customers (name, city) VALUES (%s, %s)",
                        (luck.choice(NAMES), luck.choice(CITIES)))

    @staticmethod
    def _order(session, luck):
        order = session.execute("INSERT INTO shop.orders (customer) VALUES (%s) RETURNING id",
                                (luck.randrange(1, 50),)).fetchone()[0]
        for _ in range(luck.randrange(1, 4)):
            session.execute("INSERT INTO shop.order_lines (order_id, product, quantity) "
                            "VALUES (%s, %s, %s)",
                            (order, luck.randrange(1, len(GOODS) + 1), luck.randrange(1, 5)))
        session.execute("UPDATE shop.orders SET revision = revision + 1, total = (SELECT "
                        "sum(quantity * price) FROM shop.order_lines l JOIN shop.products p "
                        "ON p.id = l.product WHERE order_id = %s) WHERE id = %s", (order, order))

    @staticmethod
    def _pay(session, luck):
        state = luck.choice(["paid", "packed", "shipped"])
        session.execute("UPDATE shop.orders SET state = %s, revision = revision + 1 WHERE id = ("
                        "SELECT id FROM shop.orders ORDER BY random() LIMIT 1 "
                        "FOR UPDATE SKIP LOCKED)", (state,))

    @staticmethod
    def _cancel(session, luck):
        order = session.execute("DELETE FROM shop.orders WHERE id = (SELECT id FROM shop.orders "
                                "ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED) "
                                "RETURNING id").fetchone()
        if order and luck.random() < 0.9:
            session.execute("DELETE FROM shop.order_lines WHERE order_id = %s", order)

    @staticmethod
    def _restock(session, luck):
        session.execute("UPDATE shop.products SET stock = stock + 10, revision = revision + 1 "
                        "WHERE id = %s", (luck.randrange(1, len(GOODS) + 1),))
