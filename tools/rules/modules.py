"""Rules on the syntax tree of a Python module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.rules import Module, ModuleRule, Said
from tools.rules.aggregates import no_decision_rests_on_an_aggregate

MODULE_LINES = 400
FUNCTION_LINES = 40

DECLARATIONS = frozenset({"plain", "index_column", "key_column"})
UNSTORED = frozenset({"relationship"})
REVEALS = frozenset({"open", "find", "open_listed"})
LOG_VERBS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
TELLTALE = re.compile(r"(?:^|_)(?:passphrase|secret|token|seed|mnemonic|cookie|body|vault)(?:s)?$")
VAGUE = re.compile(r"^_?(?:process|manage)$|^_?(?:process|handle|manage)_")
DAYS = frozenset({"date", "today"})
"""What makes a day without a zone."""
GIVEN_NAMES = frozenset({"process_bind_param", "process_result_value"})
"""What SQLAlchemy calls its hooks."""
VAGUE_MODULES = frozenset({"util", "utils", "helper", "helpers", "misc", "common"})


def only_the_unit_of_work_commits(module: Module) -> Said:
    """A service that commits halfway leaves the half when the rest fails, with no trail of it.

    Elsewhere a rule against it was written and not checked, and eleven calls crept in.
    """
    if not _is_program(module):
        return
    for call in _calls(module.tree):
        # With arguments it is a cryptographic commitment.
        if _verb(call) in {"commit", "rollback"} and not (call.args or call.keywords):
            yield call.lineno, f".{_verb(call)}() belongs to unit_of_work"


def no_raw_sql(module: Module) -> Said:
    """SQL as text escapes the hook that notices writes, so it changes rows without a trail.

    It also puts values where only bound parameters may stand.
    """
    if not _is_program(module):
        return
    for call in _calls(module.tree):
        verb = _verb(call)
        if verb == "exec_driver_sql" or (verb == "text" and _imports(module, "sqlalchemy", "text")):
            yield call.lineno, "write it as a SQLAlchemy expression"
        if verb in {"execute", "scalar", "scalars", "executemany"} and call.args:
            order = call.args[0]
            if isinstance(order, ast.JoinedStr) or _is_text(order):
                yield call.lineno, "write it as a SQLAlchemy expression"


def schemas_and_commands_reveal_nothing(module: Module) -> Said:
    """A schema that opens cells reveals them wherever it is built, and nobody reads schemas.

    A command prints to a terminal with a scroll-back. Only routes and services open cells.
    """
    if not (module.path.startswith("app/cli/") or module.path.endswith("/schemas.py")):
        return
    for call in _calls(module.tree):
        if _reveals(call):
            yield call.lineno, "opens a sealed cell"


def logs_carry_no_secret(module: Module) -> Said:
    """A log outlives the case: one line with a value in it survives the erasure of its key.

    A log call takes a constant text, and no argument that holds or opens something sealed.
    """
    if not _is_program(module):
        return
    for call in _calls(module.tree):
        if not _logs(call):
            continue
        if call.args and not _is_text(call.args[0]):
            yield call.lineno, "logs a text that is put together"
        for part in (*call.args[1:], *(keyword.value for keyword in call.keywords)):
            for node in ast.walk(part):
                if isinstance(node, ast.Call) and _reveals(node):
                    yield node.lineno, "logs what a cell holds"
                elif TELLTALE.search(_name(node)):
                    yield call.lineno, f"logs {_name(node)}"


def routes_judge_nobody(module: Module) -> Said:
    """A check pasted into handlers is missing from the one that was added last.

    Who may call is in `needs=`, who may read is in the keys; a handler checks neither.
    """
    if not module.path.endswith("/routes.py"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _verb(node) == "may":
            yield node.lineno, "checks a permission: use needs="
        elif (
            isinstance(node, ast.Attribute)
            and node.attr == "role"
            and _ends_in(node.value, "principal")
        ):
            yield node.lineno, "looks at the caller's role: use needs="
        elif isinstance(node, ast.Name) and node.id == "HTTPException":
            yield node.lineno, "raises an HTTP error: the service raises, web/problems.py maps"


def every_column_says_what_it_shows(module: Module) -> Said:
    """A column added in a hurry is plain by default, and nobody asks what it tells a thief.

    Columns are declared by plain(), index_column(), key_column() or SealedField; inside app/store
    a mapped_column() may carry the same words in `info=`.
    """
    if not _is_program(module):
        return
    in_store = module.path.startswith("app/store/")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AnnAssign) and _annotates_mapped(node.annotation):
            if node.value is None:
                yield node.lineno, "a column without a word on what it shows"
            elif isinstance(node.value, ast.Call):
                verb = _verb(node.value)
                if verb not in DECLARATIONS | UNSTORED | {"mapped_column"}:
                    yield node.lineno, f"a column made by {verb}"
        if isinstance(node, ast.Call) and _verb(node) in {"mapped_column", "Column"}:
            words = {keyword.arg for keyword in node.keywords}
            if not (in_store and "info" in words):
                yield node.lineno, "declare it by plain(), index_column(), key_column()"
        if isinstance(node, ast.Call) and _verb(node) in DECLARATIONS and not _gives_reason(node):
            yield node.lineno, f'{_verb(node)}("..."): write why the column must be readable'


def modules_and_functions_stay_short(module: Module) -> Said:
    """What does not fit on a few screens is not reviewed, and holds the bug that nobody saw.

    A function is counted without its docstring. A migration is as long as what it lists.
    """
    if module.path.startswith("migrations/") and "/versions/" in module.path:
        return
    lines = module.source.count("\n")
    if lines > MODULE_LINES:
        yield 1, f"{lines} lines, {MODULE_LINES} at most: move one noun to a module of its name"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            if length > FUNCTION_LINES:
                said = f"{node.name} has {length} lines, {FUNCTION_LINES} at most"
                yield node.lineno, f"{said}: move a step to a function that is named for it"


def names_say_what_is_done(module: Module) -> Said:
    """`handle_case` and `utils` fit anything, so anything ends up in them."""
    if not _is_program(module):
        return
    stem = module.path.rsplit("/", 1)[-1].removesuffix(".py")
    if stem in VAGUE_MODULES:
        yield 1, f"a module called {stem}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_vague(node.name):
            yield node.lineno, f"a function called {node.name}"


def text_is_folded_in_one_place(module: Module) -> Said:
    """Three folds that differed a little once took one payee for two and two names for one.

    `app/text` folds what people wrote; everything else calls it.
    """
    if not _is_program(module) or module.path.startswith("app/text/"):
        return
    for call in _calls(module.tree):
        if _verb(call) == "casefold" or (
            _verb(call) == "normalize"
            and isinstance(call.func, ast.Attribute)
            and _name(call.func.value) == "unicodedata"
        ):
            yield call.lineno, f"{_verb(call)}: call app.text.folding.fold"


def days_are_of_the_organisations_zone(module: Module) -> Said:
    """A day made from UTC was yesterday for half the night, and so was an intake's half-year.

    `app/text/dates.py` makes days from moments, by `Deployment.day_of` and `Work.today`.
    """
    if not _is_program(module) or module.path == "app/text/dates.py":
        return
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"date", "today"}
            and not _calls_work(node)
        ):
            yield node.lineno, f".{node.attr}: call Deployment.day_of or Work.today"
        elif not isinstance(node, ast.Call):
            continue
        elif _verb(node) == "combine" and "datetime." in ast.unparse(node.func):
            yield node.lineno, "combine: call app.text.dates.start_of_day"
        elif _verb(node) == "replace" and any(k.arg == "hour" for k in node.keywords):
            yield node.lineno, "replace(hour=): call Work.midnight"


def _calls_work(node: ast.Attribute) -> bool:
    return node.attr == "today" and _name(node.value).lstrip("_") in {
        "work",
        "deployment",
        "self",
        "found",
    }


def no_test_is_skipped(module: Module) -> Said:
    """A skipped test is green for as long as the thing it was meant to watch is broken."""
    if not module.path.startswith("tests/"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail"}:
            owner = _name(node.value)
            if owner in {"pytest", "mark"}:
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.Call) and _verb(node) == "importorskip":
            yield node.lineno, "importorskip"


def _gives_reason(declaration: ast.Call) -> bool:
    """The first argument is a text with a word in it, or is made from such texts."""
    if not declaration.args:
        return any(keyword.arg == "why" for keyword in declaration.keywords)
    why = declaration.args[0]
    return not isinstance(why, ast.Constant) or (_is_text(why) and bool(str(why.value).strip()))


def _is_vague(name: str) -> bool:
    return VAGUE.match(name) is not None and name not in GIVEN_NAMES


def _is_program(module: Module) -> bool:
    return module.path.startswith("app/")


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _verb(call: ast.Call) -> str:
    return _name(call.func)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _ends_in(node: ast.AST, name: str) -> bool:
    return _name(node) == name


def _reveals(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in REVEALS
        and _name(call.func.value).lstrip("_") == "vault"
    )


def _logs(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in LOG_VERBS
        and _name(call.func.value).lower().lstrip("_") in {"log", "logger", "logging"}
    )


def _imports(module: Module, package: str, name: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] == package
        and any(alias.name == name for alias in node.names)
        for node in ast.walk(module.tree)
    )


def _annotates_mapped(annotation: ast.AST) -> bool:
    return isinstance(annotation, ast.Subscript) and _name(annotation.value) == "Mapped"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    end = function.end_lineno or function.lineno
    length = end - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and _is_text(first.value):
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


MODULE_RULES: tuple[ModuleRule, ...] = (
    only_the_unit_of_work_commits,
    no_raw_sql,
    schemas_and_commands_reveal_nothing,
    logs_carry_no_secret,
    routes_judge_nobody,
    every_column_says_what_it_shows,
    modules_and_functions_stay_short,
    names_say_what_is_done,
    text_is_folded_in_one_place,
    days_are_of_the_organisations_zone,
    no_test_is_skipped,
    no_decision_rests_on_an_aggregate,
)
