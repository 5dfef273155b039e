"""`workbench doctor`."""

from __future__ import annotations

from workbench.cli.face import Face, command
from workbench.errors import EXIT_DONE, EXIT_USAGE, NotFound


@command("doctor", example="workbench doctor")
def doctor_command(face: Face) -> int:
    """Check the machine, the settings, the drafts and suites, and the registry.

    It makes no call to any provider. Exit code 2 when something will not work.
    """
    from workbench.actions.doctor import Level, examine

    try:
        workspace = face.workspace()
    except NotFound:
        workspace = None
    checks = examine(workspace)
    lines = []
    for check in checks:
        hint = f" ({check.hint})" if check.hint else ""
        lines.append(f"{check.level.value:<8} {check.name}: {check.said}{hint}")
    problems = sum(check.level is Level.PROBLEM for check in checks)
    values = {
        "ok": not problems,
        "checks": [
            {
                "name": check.name,
                "level": check.level.value,
                "said": check.said,
                "hint": check.hint,
            }
            for check in checks
        ],
    }
    face.answer(values, lines)
    return EXIT_USAGE if problems else EXIT_DONE
