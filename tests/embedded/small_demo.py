"""Runs a demo of `small_site` for a test: argv are the data folder and the port."""

import sys
from pathlib import Path

from procon.embedded.demo import Address, Demo, Step, command_step, run_demo


def main(var_dir: str, port: str, fault: str = "") -> int:
    def prepare(env: object) -> dict[str, str]:
        if fault:
            raise ValueError(fault)
        return {"STEP_SAID": "preparado"}

    check = "import os; assert os.environ['STEP_SAID'] == 'preparado'"
    demo = Demo(
        var_dir=Path(var_dir),
        port=int(port),
        steps=[
            Step("Preparando as cidades", prepare),
            command_step(
                "Conferindo", [sys.executable, "-c", check], Path(var_dir) / "log" / "steps.log"
            ),
        ],
        addresses=[Address("Cidade", "cidade.localhost")],
        logins=[],
        worker=[sys.executable, "-c", "import signal; signal.pause()"],
        web_target="small_site:create_app",
    )

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return run_demo(demo, reset=False, say=say)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
