"""What counts as a package that is named exactly."""

from __future__ import annotations

from pathlib import Path

from tools.pins import loose_packages, problems

HASHES = f" \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n    # via presave\n"


def test_a_package_needs_a_version_and_a_hash() -> None:
    good = f"# by hand\nav==18.1.0{HASHES}celery[redis]==5.7.0 ; os_name != 'nt'{HASHES}"
    assert list(loose_packages(good)) == []
    for loose in ("av>=18", "av==18.1.0", "git+https://git.example.com/av", "av"):
        assert list(loose_packages(f"{good}{loose}\n")) == [loose]
    for loose in ("av>=18", "av==18.*", "av"):
        assert list(loose_packages(f"{good}{loose}{HASHES}")) == [f"{loose} \\"]


def test_every_list_of_packages_is_locked(tmp_path: Path) -> None:
    (tmp_path / "requirements-new.in").write_text("av\n")
    assert list(problems(tmp_path)) == ["requirements-new.in is not locked. Run: make lock"]
    (tmp_path / "requirements-new.txt").write_text("av==18.1.0\n")
    assert list(problems(tmp_path)) == [
        "requirements-new.txt: av==18.1.0 has no version or no hash. Run: make lock"
    ]
