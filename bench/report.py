"""Rows of figures, each with the bar it is held to, if it has one."""

from statistics import median


def spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


class Report:
    """Prints each row when it is known, and keeps the count of what failed."""

    def __init__(self):
        self.failed = 0
        self.invalid = ""  # why the figures mean nothing, if they do

    def tell(self, name: str, figure: str, bar: str = "", verdict: str = ""):
        print(f"{name:<46} {figure:<26} {bar:<12} {verdict}".rstrip(), flush=True)

    def judge(self, name: str, value: float, bar: float, unit: str = "", figure: str = "",
              doubt: str = "", at_least: bool = False):
        """Holds when value <= bar, or >= bar if `at_least`. `doubt`: what may have spoilt the
        figure, if anything; a bar missed in doubt is no finding, and the run is invalid."""
        holds = value >= bar if at_least else value <= bar
        verdict = "PASS" if holds else "INVALID" if doubt else "FAIL"
        self.failed += verdict == "FAIL"
        if verdict == "INVALID":
            self.invalid = doubt
        sign = ">=" if at_least else "<="
        self.tell(name, f"{figure or f'{value:.3g}'} {unit}".strip(),
                  f"{sign} {bar:g} {unit}".strip(), verdict)
