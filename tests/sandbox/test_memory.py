"""`--memory`: a sandbox goes on where the last one stopped."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.driver import ALBUM_URI, SAVE_SCOPE, UPC, Sandbox, start_process


def test_a_fan_who_consented_before_the_stop_can_be_saved_for_after_it(tmp_path: Path) -> None:
    kept = ("--memory", str(tmp_path / "memory.json"))
    with Sandbox(*kept) as before:
        before.add_album(windows=[{"share": 1.0}], markets={"NZ": None})
        catalogue = before.shown("catalogue")
        consents = before.script("consents", {"count": 1, "prefix": "early-", "scope": SAVE_SCOPE})
        refresh_token = consents["refresh_tokens"]["early-1"]

    with Sandbox(*kept) as after:
        assert after.shown("catalogue") == catalogue
        token = after.token(grant_type="refresh_token", refresh_token=refresh_token).json()
        header = {"Authorization": f"Bearer {token['access_token']}"}
        saved = after.http.put(
            f"{after.api_url}/me/library", params={"uris": ALBUM_URI}, headers=header
        )
        assert saved.status_code == 200
        library = after.shown("libraries")["early-1"]

    with Sandbox(*kept) as still_later:
        assert still_later.shown("libraries") == {"early-1": library}
        assert UPC in str(still_later.shown("catalogue"))


def test_its_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    with Sandbox("--memory", str(path)):
        pass
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_it_does_not_understand_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.write_text('{"catalogue": [{"kind": "album", "shoe_size": 44}]}')
    process = start_process("--port", "0", "--memory", str(path))
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == f"The sandbox cannot start: {path} is of another version. Delete it.\n"
    assert "shoe_size" in path.read_text()
