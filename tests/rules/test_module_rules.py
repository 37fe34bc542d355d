"""Each rule of ours against code that breaks it and code that does not."""

import pytest

from tools.rules import Module
from tools.rules.modules import (
    FUNCTION_LINES,
    MODULE_LINES,
    MODULE_RULES,
    modules_and_functions_stay_short,
)

LONG_FUNCTION = "def count():\n" + "    x = 1\n" * FUNCTION_LINES
LONGEST_FUNCTION = "def count():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)
WELL_TOLD_FUNCTION = 'def count():\n    """Told.\n' + "    More.\n" * 40 + '    """\n    x = 1\n'

SERVICE = "app/intake/service.py"
MODELS = "app/intake/models.py"
ROUTES = "app/intake/routes.py"

CASES = [
    ("only_the_unit_of_work_commits", SERVICE, "work.session.commit()", "work.session.flush()"),
    (
        "only_the_unit_of_work_commits",
        SERVICE,
        "session.rollback()",
        "derive.commit(secret, where)",
    ),
    ("no_raw_sql", SERVICE, "from sqlalchemy import text\nsession.execute(text('x'))", "text('x')"),
    (
        "no_raw_sql",
        SERVICE,
        "session.execute('delete from cases')",
        "session.execute(delete(Case))",
    ),
    ("no_raw_sql", SERVICE, "session.scalars(f'select {x}')", "session.scalars(select(Case))"),
    ("no_raw_sql", SERVICE, "connection.exec_driver_sql(order)", "connection.execute(order)"),
    (
        "schemas_and_commands_reveal_nothing",
        "app/intake/schemas.py",
        "work.vault.open(case.identity)",
        "path.open()",
    ),
    (
        "schemas_and_commands_reveal_nothing",
        "app/cli/report.py",
        "vault.open_listed(cells)",
        "service.list_cases(work)",
    ),
    ("logs_carry_no_secret", SERVICE, "log.info(f'moved {case}')", "log.info('moved %s', case.id)"),
    ("logs_carry_no_secret", SERVICE, "log.info('who %s', vault.open(c))", "log.info('started')"),
    ("logs_carry_no_secret", SERVICE, "logger.debug('%s', session_token)", "logger.debug('%s', n)"),
    ("logs_carry_no_secret", SERVICE, "_log.error('x', extra={'a': body})", "math.log(body)"),
    ("text_is_folded_in_one_place", SERVICE, "name.casefold()", "fold(name)"),
    ("text_is_folded_in_one_place", SERVICE, "unicodedata.normalize('NFC', x)", "path.normalize()"),
    (
        "days_are_of_the_organisations_zone",
        SERVICE,
        "day = work.now().date()",
        "day = work.today()",
    ),
    (
        "days_are_of_the_organisations_zone",
        SERVICE,
        "day = date.today()",
        "day = deployment.today()",
    ),
    ("days_are_of_the_organisations_zone", SERVICE, "days = map(datetime.date, ats)", "at.minute"),
    (
        "days_are_of_the_organisations_zone",
        SERVICE,
        "since = work.now().replace(hour=0)",
        "since = work.now().replace(minute=0)",
    ),
    (
        "days_are_of_the_organisations_zone",
        SERVICE,
        "datetime.combine(day, time.min, UTC)",
        "start_of_day(day, zone)",
    ),
    ("routes_judge_nobody", ROUTES, "work.principal.may(Permission.X)", "service.may_move(case)"),
    ("routes_judge_nobody", ROUTES, "if work.principal.role == 1: pass", "member.role"),
    ("routes_judge_nobody", ROUTES, "raise HTTPException(403)", "raise CaseNotFound"),
    (
        "every_column_says_what_it_shows",
        MODELS,
        "class C:\n    name: Mapped[str]",
        "class C:\n    opened_on: Mapped[date] = plain('sorted by it')",
    ),
    (
        "every_column_says_what_it_shows",
        MODELS,
        "class C:\n    name: Mapped[str] = mapped_column(String(9))",
        "class C:\n    token: Mapped[int] = index_column('phone')",
    ),
    (
        "every_column_says_what_it_shows",
        MODELS,
        "class C:\n    name: Mapped[str] = plainly()",
        "class C:\n    legs: Mapped[list] = relationship()",
    ),
    (
        "every_column_says_what_it_shows",
        MODELS,
        "class C:\n    opened_on: Mapped[date] = plain(' ')",
        "class C:\n    opened_on: Mapped[date] = plain('sorted by it')",
    ),
    (
        "every_column_says_what_it_shows",
        MODELS,
        "class C:\n    token: Mapped[bytes] = key_column()",
        "class C:\n    token: Mapped[bytes] = key_column(why='a public key')",
    ),
    (
        "every_column_says_what_it_shows",
        "app/store/keystore.py",
        "class C:\n    share: Mapped[bytes] = mapped_column()",
        "class C:\n    share: Mapped[bytes] = mapped_column(info={'shows': 'key'})",
    ),
    (
        "modules_and_functions_stay_short",
        SERVICE,
        "x = 1\n" * (MODULE_LINES + 1),
        "x = 1\n" * MODULE_LINES,
    ),
    ("modules_and_functions_stay_short", SERVICE, LONG_FUNCTION, LONGEST_FUNCTION),
    ("modules_and_functions_stay_short", SERVICE, LONG_FUNCTION, WELL_TOLD_FUNCTION),
    ("names_say_what_is_done", SERVICE, "def handle_case(): ...", "def move_case(): ..."),
    ("names_say_what_is_done", "app/intake/utils.py", "x = 1", "def process_bind_param(): ..."),
    (
        "no_test_is_skipped",
        "tests/test_x.py",
        "@pytest.mark.skip\ndef f(): ...",
        "pytest.fail('x')",
    ),
    ("no_test_is_skipped", "tests/test_x.py", "pytest.xfail('later')", "reader.skip(4)"),
    ("no_test_is_skipped", "tests/test_x.py", "pytest.importorskip('x')", "import x"),
    (
        "no_decision_rests_on_an_aggregate",
        SERVICE,
        "paid = select(func.count()).where(AidStep.act == 1)",
        "paid = len(session.scalars(steps).all())",
    ),
    ("no_decision_rests_on_an_aggregate", SERVICE, "select(func.sum(x))", "sum(amounts)"),
    ("no_decision_rests_on_an_aggregate", SERVICE, "query.where(exists().where(x))", "a.count(b)"),
    (
        "no_decision_rests_on_an_aggregate",
        SERVICE,
        "from sqlalchemy import select\nquery.where(~confirmed.exists())",
        "from pathlib import Path\npath.exists()",
    ),
]

RULES = {rule.__name__: rule for rule in MODULE_RULES}


@pytest.mark.parametrize(("name", "path", "broken", "sound"), CASES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(name, path, broken, sound):
    rule = RULES[name]
    assert list(rule(Module.parse(path, broken)))
    clean_path = SERVICE if path.endswith("utils.py") else path
    assert not list(rule(Module.parse(clean_path, sound)))


def test_every_rule_is_tried_here():
    assert {name for name, *_ in CASES} == set(RULES)


@pytest.mark.parametrize("rule", MODULE_RULES)
def test_every_rule_tells_the_bug_that_it_prevents(rule):
    assert len((rule.__doc__ or "").split()) > 10


def test_a_rule_for_the_program_leaves_other_folders_alone():
    elsewhere = Module.parse("migrations/env.py", "connection.commit()")
    assert not list(RULES["only_the_unit_of_work_commits"](elsewhere))


def test_a_migration_is_as_long_as_what_it_lists_but_its_environment_is_not():
    rule = RULES["modules_and_functions_stay_short"]
    assert not list(rule(Module.parse("migrations/main/versions/0001.py", LONG_FUNCTION)))
    assert list(rule(Module.parse("migrations/main/env.py", LONG_FUNCTION)))


def test_an_aggregate_that_is_only_shown_has_its_row_and_no_row_is_without_one():
    rule = RULES["no_decision_rests_on_an_aggregate"]
    path, name = "app/store/keystore.py", "count"
    assert not list(rule(Module.parse(path, f"def {name}(): return func.count()")))
    ((_, said),) = rule(Module.parse(path, "x = 1"))
    assert "delete it" in said


def test_a_long_module_is_told_to_split_by_noun():
    module = Module.parse(SERVICE, "x = 1\n" * (MODULE_LINES + 1))
    ((_, said),) = modules_and_functions_stay_short(module)
    assert "move one noun to a module of its name" in said
