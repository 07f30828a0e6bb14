"""What the dearest patterns cost: 100 stars against 10,000 characters. That the steps grow linearly, the suite proves."""

import statistics
import time

from content.wildcards import count_steps, match

LENGTH, STARS, ASKED = 10_000, 100, 50
RUN, NEAR = "a" * LENGTH, ("a" * 99 + "b") * (LENGTH // 100)
CASES = {
    "*a … *b, nothing fits": ("*a" * STARS + "*b", RUN),
    "*a … *, all is found": ("*a" * STARS + "*", RUN),
    "*aaa…b*, looked for to the end": ("*" + "a" * (STARS - 1) + "b*", RUN),
    "*aaa…b … *, each found after a near miss": (("*" + "a" * 98 + "b") * STARS + "*", NEAR),
    "*aab … *c*, the last is missing": ("*aab" * (STARS - 1) + "*c*", NEAR),
    "stars only": ("*" * STARS, RUN),
}


def bench(rounds: int = 7) -> float:
    """Print a line for each pattern; return the longest median in milliseconds."""
    slowest = 0.0
    print(f"\n{STARS} stars against {LENGTH:,} characters, medians of {rounds}\n")
    print("| pattern | steps | steps a character | milliseconds |\n|---|---|---|---|")
    for name, (pattern, text) in CASES.items():
        took = []
        for _ in range(rounds):
            start = time.perf_counter()
            match(pattern, text)
            took.append(1000 * (time.perf_counter() - start))
        steps, middle = count_steps(pattern, text), statistics.median(took)
        slowest = max(slowest, middle)
        print(f"| {name} | {steps:,} | {steps / len(text):.2f} | **{middle:.2f}** |", flush=True)
    print(f"\nasked: under {ASKED} ms; slowest: {slowest:.2f} ms")
    return slowest


if __name__ == "__main__":
    bench()
