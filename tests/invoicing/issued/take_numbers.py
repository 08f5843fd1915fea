"""A process of its own for test_numbering: takes so many numbers, rolls every fifth back, and prints the others."""

import sys

import django


class Undone(Exception):
    """Rolls a transaction back on purpose."""


def main(times: int) -> None:
    django.setup()
    # Models can be imported only now.
    from datetime import date

    from django.db import transaction

    from invoicing.issued import numbering

    series = numbering.series_for("invoice")
    for attempt in range(times):
        try:
            with numbering.one_at_a_time(), transaction.atomic():
                number, _text = numbering.take(series=series, on=date(1999, 1, 1))
                if attempt % 5 == 4:
                    raise Undone
        except Undone:
            continue
        print(number)


if __name__ == "__main__":
    main(int(sys.argv[1]))
