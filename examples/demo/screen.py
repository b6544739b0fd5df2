"""How the demo looks: steps, facts, a feed of changes. Colours only on a terminal."""
import os
import sys

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34",
            "magenta": "35", "cyan": "36"}
_ON = sys.stdout.isatty() and "NO_COLOR" not in os.environ or "FORCE_COLOR" in os.environ


def paint(colours, text):
    """`colours`: names in one string, "bold green"."""
    if not _ON:
        return str(text)
    codes = ";".join(_COLOURS[name] for name in colours.split())
    return f"\033[{codes}m{text}\033[0m"


def say(text=""):
    print(text, flush=True)


def title(name, what):
    say()
    say(f"  {paint('bold cyan', name)}  {what}")
    say(paint("dim", "  " + "-" * 84))


class Steps:
    """Numbers the steps."""

    def __init__(self):
        self._number = 0

    def __call__(self, text):
        self._number += 1
        say()
        say(f"  {paint('bold cyan', self._number)}  {paint('bold', text)}")


def fact(name, value, note=""):
    say(f"     {name:<19}{paint('bold', f'{value:<12}')} {paint('dim', note)}")


def bad(text):
    say("     " + paint("bold red", text))


_SIGNS = {"c": ("green", "+ insert"), "u": ("yellow", "~ update"), "d": ("red", "- delete")}


def change(record, body, delay_ms):
    """One line of the feed."""
    colour, sign = _SIGNS.get(body["op"], ("magenta", body["op"]))
    row = body["after"] or body["before"] or {}
    shown = ", ".join(f"{key}={value}" for key, value in row.items() if value is not None)
    place = f"{record.topic} @{record.offset}"
    say(f"     {paint(colour, sign)}  {place:<27}{paint('dim', f'{delay_ms:6.0f} ms')}  "
        f"{shown if len(shown) <= 54 else shown[:51] + '...'}")


def table(head, rows):
    """Numbers right, the first column left."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(row, widths)))
        say("     " + (paint("dim", line) if number == 0 else line))
