"""Prints what was measured."""

import statistics


def show(rows, base=None):
    """Prints the median of each figure, after it every round's value, and ratios of the first figure.

    `rows` has a list of rounds for each name, each a mapping from figures to values. The ratios are to
    the row named `base`, else to the first.
    """
    for name, rounds in rows.items():
        for figure in rounds[0]:
            values = [one[figure] for one in rounds]
            print("%-16s %-38s %12.3f   (%s)" % (
                name, figure, statistics.median(values), ", ".join("%.3f" % value for value in values)))
    base = base or next(iter(rows))
    figure = next(iter(rows[base][0]))
    divisor = statistics.median(one[figure] for one in rows[base])
    for name, rounds in rows.items():
        if name != base:
            ratio = statistics.median(one[figure] for one in rounds) / divisor
            print("%-16s %s: %.3f times that of %s" % (name, figure, ratio, base))


def progress(number, rounds, name):
    """Says on standard error what is measured now."""
    import sys
    print("round %d of %d: %s" % (number + 1, rounds, name), file=sys.stderr)
