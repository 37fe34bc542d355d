"""Judge the tree that has this file; exit 1 where a rule is broken."""

import sys
from pathlib import Path

from tools.rules import judge, tracked_files
from tools.rules.ceilings import any_may_only_fall
from tools.rules.exemptions import EXEMPT
from tools.rules.modules import MODULE_RULES
from tools.rules.texts import TEXT_RULES
from tools.rules.words import WORD_RULES


def main() -> int:
    """Print the findings, one a line; the exit status."""
    root = Path(__file__).resolve().parents[2]
    files = list(tracked_files(root))
    findings = judge(
        files,
        module_rules=MODULE_RULES,
        text_rules=(*TEXT_RULES, *WORD_RULES),
        exempt=EXEMPT,
    )
    findings += any_may_only_fall(files)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
