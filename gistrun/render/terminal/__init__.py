"""What a program writes, as a terminal shows it. `gistrun/web/static/terminal/` does the same in the browser."""

from gistrun.render.terminal.output import OutputView
from gistrun.render.terminal.plain import Cleaner, plain

__all__ = ["Cleaner", "OutputView", "plain"]
