"""Which passwords are refused."""

import pytest

from functions.auth.passwords import demand_strong
from likeness.errors import PasswordRefused


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PASSWORD1234",
        "P@ssw0rd2024!",
        "!!!qwertyuiop!!!",
        "1q2w3e4r5t6y",
        "123456789012",
        "Liverpool2023!!",
        "correcthorsebatterystaple",
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "aaaaaaaaaaaa",
        "abababababab",
        "lamp1lamp1lamp1",
        "likeness2026!",
        "ada.lovelace99",
        "ada.lovelace@example.org",
    ],
)
def test_easily_guessed_passwords_are_refused(password):
    with pytest.raises(PasswordRefused) as refused:
        demand_strong(password, "ada.lovelace@example.org")
    assert refused.value.extra["fields"][0]["message"] == refused.value.detail


@pytest.mark.parametrize(
    "password",
    [
        "lamp forest river",
        "aaaaaaaaaaaaXbcd",
        "пароль из слов",
        "summer lake tower",
        "Zx9!kLm2#qRt",
        "12 monkeys at sea",
    ],
)
def test_other_passwords_are_taken_whatever_they_are_made_of(password):
    demand_strong(password, "ada@example.org")
