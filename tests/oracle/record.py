"""record FILE - plays the scenarios of FILE on asyncio and prints their logs."""
import importlib.util
import sys

import scenario

spec = importlib.util.spec_from_file_location("scenarios", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
scenario.turns = getattr(module, "TURNS", True)
sections = [
    "\n    ".join([function.__doc__, *scenario.play(function)]) for function in scenario.scenarios
]
print("\n\n".join(sections))
