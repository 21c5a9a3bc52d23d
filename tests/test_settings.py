"""Settings: a bad value stops start-up with one sentence that names the variable."""

from pathlib import Path

import pytest

from settings import Settings, SettingsError, load

KEY = "k1:" + "A" * 42 + "8="


def loaded(tmp_path: Path, **environment: str) -> Settings:
    return load(environment, dotenv=tmp_path / "none.env")


def test_nothing_set_gives_the_documented_defaults(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert (found.base_url, found.data_dir, found.app_name) == (None, Path("data"), "Clementine")
    assert (found.dropbox_app_folder, found.max_result_bytes, found.limits) == ("Clementine", 524_288_000, "on")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TOKEN_KEYS", "k1:short", "TOKEN_KEYS"),
        ("TOKEN_KEYS", "not-a-key", "TOKEN_KEYS"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("BASE_URL", "http://photos.example.com", "https://"),
        ("BASE_URL", "photos.example.com", "BASE_URL"),
        ("BASE_URL", "https://photos.example.com/app", "without a path"),
        ("BASE_URL", "https://photos.example.com:port", "BASE_URL"),
        ("DROPBOX_URL", "ftp://127.0.0.1", "DROPBOX_URL"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, nonsense", "TRUSTED_PROXIES"),
        ("MAX_RESULT_BYTES", "many", "MAX_RESULT_BYTES"),
        ("MAX_RESULT_BYTES", "0", "MAX_RESULT_BYTES"),
        ("LIMITS", "maybe", "LIMITS"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("DROPBOX_APP_FOLDER", "a/b", "without a slash"),
        ("RESEND_API_KEY", "re_1", "MAIL_FROM"),
        ("SECRET_KEY_FILE", "/does/not/exist", "SECRET_KEY_FILE"),
    ],
)
def test_a_bad_value_names_the_variable_and_never_repeats_a_secret(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, **{name: value})
    assert says in str(refused.value)
    assert name.removesuffix("_FILE").split("_")[0] in str(refused.value) or says == "MAIL_FROM"
    if name in ("TOKEN_KEYS", "SECRET_KEY"):
        assert value not in str(refused.value)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s" * 40 + "\n")
    found = loaded(tmp_path, SECRET_KEY_FILE=str(tmp_path / "secret"))
    assert found.secret_key is not None
    assert found.secret_key.get_secret_value() == "s" * 40


def test_dotenv_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_NAME=From file\nLIMITS=off\n")
    found = load({"APP_NAME": "From environment"}, dotenv=tmp_path / ".env")
    assert (found.app_name, found.limits) == ("From environment", "off")


def test_the_old_name_of_the_owner_setting_is_accepted_and_the_new_one_wins(tmp_path: Path) -> None:
    old = loaded(tmp_path, AUTHORIZED_DROPBOX_ACCOUNT_ID="dbid:old")
    both = loaded(tmp_path, AUTHORIZED_DROPBOX_ACCOUNT_ID="dbid:old", OWNER_DROPBOX_ACCOUNT_ID="dbid:new")
    assert (old.owner_dropbox_account_id, both.owner_dropbox_account_id) == ("dbid:old", "dbid:new")


def test_empty_means_unset_but_an_empty_app_folder_means_full_dropbox(tmp_path: Path) -> None:
    found = loaded(tmp_path, APP_NAME="", DROPBOX_APP_FOLDER="")
    assert (found.app_name, found.dropbox_app_folder) == ("Clementine", "")


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    assert "s" * 40 not in repr(loaded(tmp_path, SECRET_KEY="s" * 40))
