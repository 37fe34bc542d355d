"""The proxies: where they find Padauk, and what they neither keep nor pass on."""

import re
from pathlib import Path

import pytest

from app.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CALLER = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent"]


@pytest.fixture(scope="module")
def nginx():
    return (DEPLOY / "nginx.conf").read_text()


@pytest.fixture(scope="module")
def caddy():
    return (DEPLOY / "Caddyfile").read_text()


def _default(name):
    return Settings.model_fields[name].default


def test_both_find_padauk_where_it_listens(nginx, caddy):
    where = f"{_default('host')}:{_default('port')}"
    assert f"proxy_pass http://{where};" in nginx
    assert f"reverse_proxy {where} {{" in caddy


@pytest.mark.parametrize("header", CALLER)
def test_neither_tells_padauk_who_calls(nginx, caddy, header):
    assert f'proxy_set_header {header} "";' in nginx
    assert f"header_up -{header}\n" in caddy


def test_nginx_writes_no_line_about_a_caller(nginx):
    servers = nginx.count("\nserver {")
    assert servers == 2
    assert nginx.count("access_log off;") == nginx.count("error_log /dev/null emerg;") == servers
    assert "$remote_addr" not in nginx
    assert "$binary_remote_addr" not in nginx


def test_caddy_writes_no_line_about_a_caller(caddy):
    options, site = caddy.split("padauk.example {", maxsplit=1)
    assert "exclude http\n" in options
    assert "log" not in re.findall(r"^\t(\w+)", site, re.MULTILINE)


def test_both_bind_bodies_above_what_padauk_takes_so_that_padauk_answers_itself(nginx, caddy):
    takes = _default("max_body_bytes")
    passed_on = int(re.search(r"client_max_body_size (\d+)k;", nginx)[1]) * 1024
    buffered = int(re.search(r"client_body_buffer_size (\d+)k;", nginx)[1]) * 1024
    assert takes < passed_on <= buffered <= 4 * takes
    assert int(re.search(r"max_size (\d+)KiB", caddy)[1]) * 1024 == passed_on


def test_nginx_keeps_no_answer_on_its_disk(nginx):
    assert "proxy_buffering off;" in nginx
    assert "proxy_max_temp_file_size 0;" in nginx
    assert "proxy_cache off;" in nginx


def test_both_speak_the_newest_tls_only_and_ask_browsers_to_stay_there(nginx, caddy):
    assert "ssl_protocols TLSv1.3;" in nginx
    assert "protocols tls1.3\n" in caddy
    lasting = re.compile(r'Strict-Transport-Security "max-age=(\d+); includeSubDomains"')
    assert {int(lasting.search(text)[1]) for text in (nginx, caddy)} == {63072000}
