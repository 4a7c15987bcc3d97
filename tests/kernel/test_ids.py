import threading
from uuid import RFC_4122

from procon.kernel.ids import CODE_ALPHABET, id_source, new_id, normalise_code, readable_code


def test_ids_are_version_7_and_strictly_grow() -> None:
    made = [new_id() for _ in range(5000)]
    assert {u.version for u in made} == {7}
    assert {u.variant for u in made} == {RFC_4122}
    assert sorted(set(made)) == made


def test_the_first_48_bits_are_milliseconds() -> None:
    make = id_source(now_ns=lambda: 1_796_000_000_123_456_789, random_bits=lambda _: 0)
    assert make().int >> 80 == 1_796_000_000_123


def test_ids_grow_when_the_clock_stands_still_or_steps_back() -> None:
    times = iter([2_000_000_000, 2_000_000_000, 1_000_000_000, 2_000_000_000])
    make = id_source(now_ns=lambda: next(times), random_bits=lambda _: 0)
    made = [make() for _ in range(4)]
    assert sorted(set(made)) == made


def test_the_tick_carries_into_the_milliseconds() -> None:
    make = id_source(now_ns=lambda: 5_999_999, random_bits=lambda _: 0)
    first, second = make(), make()
    assert (first.int >> 80, second.int >> 80) == (5, 6)
    assert second.version == 7


def test_threads_never_share_an_id() -> None:
    made: list[object] = []
    make = id_source(now_ns=lambda: 1, random_bits=lambda _: 0)
    threads = [
        threading.Thread(target=lambda: made.extend(make() for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000


def test_a_code_survives_being_read_aloud() -> None:
    assert set("ILOU") & set(CODE_ALPHABET) == set()
    code = readable_code(12)
    assert len(code) == 12
    assert set(code) <= set(CODE_ALPHABET)
    assert readable_code(12) != readable_code(12)
    assert normalise_code(f" {code[:4].lower()}-{code[4:8]} {code[8:]}\n") == code
    assert normalise_code("o0-il 1\u00e7") == "00111"
