"""Coverage is held to its floors, and the README shows what was measured."""

from tools.coverage_floors import OVERALL, WHOLE, by_part, findings, table


def _file(run, statements, missing=()):
    summary = {
        "covered_lines": run,
        "num_statements": statements,
        "covered_branches": 0,
        "num_branches": 0,
    }
    return {"summary": summary, "missing_lines": list(missing), "missing_branches": []}


def _files(**changes):
    files = {f"{path}/x.py" if "." not in path else path: _file(10, 10) for path in WHOLE}
    return files | {"app/aid/service.py": _file(93, 100)} | changes


def _readme(parts):
    return f"# Padauk\n<!-- coverage -->\n{table(parts)}<!-- /coverage -->\n"


def test_what_was_measured_and_shown_is_no_finding():
    parts = by_part(_files())
    assert parts["app/aid"].percent == 93
    assert list(findings(parts, _readme(parts))) == []


def test_a_line_of_the_vault_that_is_never_run_is_named():
    parts = by_part(_files(**{"app/vault/x.py": _file(999, 1000, [7])}))
    (found,) = findings(parts, _readme(parts))
    assert found.startswith("app/vault/x.py:7 is never run")


def test_less_than_the_floor_overall_is_a_finding():
    parts = by_part(_files(**{"app/aid/service.py": _file(0, 100)}))
    assert [said for said in findings(parts, _readme(parts)) if f"less than {OVERALL}" in said]


def test_a_readme_that_shows_other_figures_is_told_how_to_mend_it():
    shown = _readme(by_part(_files()))
    worse = by_part(_files(**{"app/aid/service.py": _file(91, 100)}))
    better = by_part(_files(**{"app/aid/service.py": _file(99, 100)}))
    for parts in (worse, better):
        assert all("make coverage ARGS=--write" in said for said in findings(parts, shown))
        assert list(findings(parts, shown))


def test_a_point_less_than_the_readme_shows_is_chance():
    parts = by_part(_files(**{"app/aid/service.py": _file(92, 100)}))
    assert list(findings(parts, _readme(by_part(_files())))) == []


def test_a_package_that_the_readme_does_not_know_or_that_is_gone_is_a_finding():
    parts = by_part(_files())
    more = by_part(_files(**{"app/shelters/service.py": _file(10, 10)}))
    assert any("app/shelters" in said for said in findings(more, _readme(parts)))
    assert any("app/shelters" in said for said in findings(parts, _readme(more)))
