"""Plots for the documentation, drawn from what a benchmark measured."""

from pathlib import Path
from typing import Any, Final

from benchmarks.engines import BM25S, OURS, TANTIVY

COLOURS: Final = {OURS: "#b3261e", BM25S: "#5b6b7a", TANTIVY: "#2f6f8f"}
INK: Final = "#26323c"
_NOTHING: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""Of metadata, so that the same figures draw the same file."""


def latency(rows: list[dict[str, Any]], path: Path) -> None:
    """CPU milliseconds a question against the number of entries: the median as a line, up to p99 as a band. Time of the clock
    would draw what else the machine did."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    ends = []
    for engine, colour in COLOURS.items():
        mine = [row for row in rows if row["engine"] == engine]
        if not mine:
            continue
        sizes, middle, high = ([row[name] for row in mine] for name in ("size", "p50_cpu_ms", "p99_cpu_ms"))
        axes.fill_between(sizes, middle, high, color=colour, alpha=0.10, linewidth=0)
        axes.plot(sizes, high, color=colour, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(sizes, middle, color=colour, linewidth=2.4, marker="o", markersize=5)
        ends.append((middle[-1] / 1.2, sizes[-1], engine, colour, mine[-1]["right_first"]))
    below = 0.0
    for middle_end, size, engine, colour, right in sorted(ends):
        below = max(middle_end, below * 2.1)
        axes.annotate(
            f"{engine}\n{right:.0%} right first", (size, below), xytext=(12, 0), textcoords="offset points",
            va="center", color=colour, fontsize=10, fontweight="bold",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="entries", ylabel="CPU milliseconds a question")
    axes.set_title("How long a question takes: the median (line) and p99 (dashed)", loc="left", color=INK, fontsize=12)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    _plain(axes)
    _save(figure, path)


RISK_LINES: Final = {OURS: (COLOURS[OURS], "-"), BM25S: (COLOURS[BM25S], (0, (4, 3)))}


def risks(sets: dict[str, dict[str, tuple[Any, Any]]], path: Path) -> None:
    """For each set one small plot: the share of wrong answers against the share of all questions answered, a line for each way."""
    pyplot = _pyplot()
    figure, every = pyplot.subplots(
        1, len(sets), figsize=(2.6 * len(sets), 3.2), layout="constrained", sharey=True, squeeze=False
    )
    for axes, (name, ways) in zip(every[0], sets.items(), strict=True):
        for way, (covered, risk) in ways.items():
            colour, line = RISK_LINES[way]
            axes.plot(covered, risk, color=colour, linestyle=line, linewidth=1.8, label=way)
        axes.axhline(0.10, color="#9aa5ae", linewidth=0.8)
        axes.set(xlim=(0, 1), ylim=(0, 0.5), xlabel="questions answered, %", xticks=(0, 0.5, 1))
        axes.set_title(name, loc="left", color=INK, fontsize=11)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        _plain(axes)
    every[0][0].set_ylabel("of the answers wrong, %")
    handles, labels = every[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, labelcolor=INK)
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mingbai"
    from matplotlib import pyplot

    return pyplot


def _plain(axes: Any) -> None:
    axes.grid(which="major", color="#dfe4e8", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#9aa5ae")
    axes.tick_params(colors=INK, which="both")


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format=path.suffix.lstrip("."), metadata=_NOTHING if path.suffix == ".svg" else None)
    pyplot.close(figure)
