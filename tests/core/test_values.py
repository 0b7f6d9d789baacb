"""Which values a text uses, and how they are shown in it."""

import re

import pytest

from bot.core.values import BUILT_IN, RESERVED, fill, shown_in, used_by_shell, why_not_a_name


@pytest.mark.parametrize("name", ["snapshot", "a", "bay_2"])
def test_a_plain_lower_case_name_names_a_value(name):
    assert why_not_a_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Snapshot", "lower-case"),
        ("2nd", "lower-case"),
        ("bay-2", "lower-case"),
        ("", "lower-case"),
        ("path", "a shell or Windows reserves 'path'"),
        ("http_proxy", "reserves"),
        ("guest", r"\$guest is already the incident's guest"),
    ],
)
def test_what_cannot_name_a_value_is_refused_with_the_reason(name, why):
    assert re.search(why, why_not_a_name(name))


def test_no_built_in_value_has_a_reserved_name():
    assert not RESERVED & BUILT_IN.keys()


@pytest.mark.parametrize(
    ("script", "used"),
    [
        ('ls "$disk"', {"disk"}),
        ("ls ${disk}.new ${#guest}", {"disk", "guest"}),
        ('echo "it\'s $guest"', {"guest"}),
        ("echo '$guest' \\$guest", set()),
        ("echo x # and $guest", set()),
        ("echo x#$guest", {"guest"}),
        ('echo "a # $guest"', {"guest"}),
        ("jq '.[] | $x' \"$disk\"", {"disk"}),
        ('free="$(df "$disk" | awk \'{ print $four }\')"', {"disk"}),
        ('(cd "$disk"); echo "($guest)"', {"disk", "guest"}),
        ("case $guest in a) echo $host ;; esac", {"guest", "host"}),
        ("echo ${guest:-none} ${host-none} ${disk:+yes}", set()),
        ("echo $HOME $1 $? $http_proxy $UPPER_case", set()),
        ("new=1\necho $new", set()),
        ('for one in a b; do echo "$one"; done', set()),
        ("read -r first second < file; echo $first $second $guest", {"guest"}),
        ("local_part=$guest", {"guest"}),
        ("cat <<'EOF'\n$guest\nEOF\necho $host", {"host"}),
        ("cat <<EOF\n$guest\nEOF", {"guest"}),
    ],
)
def test_what_a_script_takes_from_its_environment_is_seen(script, used):
    assert used_by_shell(script) == used


def test_a_value_is_shown_where_it_is_set_and_once():
    values = {"guest": "$host", "host": "atlas"}
    assert (
        fill("off with $guest on ${host}, not $other or $HOME", values)
        == "off with $host on atlas, not $other or $HOME"
    )
    assert shown_in("$guest on ${host} $HOME") == {"guest", "host"}
