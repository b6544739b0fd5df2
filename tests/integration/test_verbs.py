"""The verbs that end by themselves, as a person meets them: what they print, and that they disturb
nobody."""
import re
import signal
import subprocess

import pytest
from pipes import configuration
from servers import Penstock, Postgres, until


def said(done, code=0):
    """Standard output of a verb that ended with `code`; its standard error holds the one error."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == "" if code == 0 else done.stderr.startswith("ERROR:  "), done.stderr
    return done.stdout


def lines_of(text):
    """First word to the rest of each line."""
    return {line.split(None, 1)[0]: line.split(None, 1)[1] for line in text.splitlines()}


def test_status_and_state_tell_where_a_pipe_stands(pipe):
    one = pipe()
    text = said(one.call("status"))
    assert f"{one.slot} does not exist" in text and "published  nothing" in text
    assert "does not exist" in said(one.call("state", "show"))
    with one:
        one.execute("CREATE TABLE t (id int PRIMARY KEY)")
        one.execute("INSERT INTO t VALUES (1)")
        one.confirmed()
        status = lines_of(said(one.call("status")))
        assert status["slot"].startswith(f"{one.slot}, active, confirmed to ")
        assert status["behind"] == "nothing"
        written = re.fullmatch(r"to \S+, streaming, written (\d+) s ago", status["published"])
        assert written and int(written[1]) < 60, status
        state = lines_of(said(one.call("state", "show")))
        assert state["topic"] == f"{one.prefix}.__penstock_state.{one.slot}"
        assert state["phase"] == "streaming"
        assert state[f"topic/{one.topic('t')}"].startswith("1 partition, table oid ")
        assert re.fullmatch(r"\d+ s ago", state["written"])
    one.execute("INSERT INTO t SELECT generate_series(2, 20000)")
    status = lines_of(said(one.call("status")))
    assert status["slot"].startswith(f"{one.slot}, idle, ")
    assert re.fullmatch(r"[1-9]\.\d MiB of WAL", status["behind"]), status


def test_slot_list_and_drop(tmp_path):
    with Postgres(tmp_path / "pg") as postgres:
        config = configuration(postgres, "127.0.0.1:1", slot="mine")
        verbs = Penstock(tmp_path / "verbs", config)
        assert said(verbs.call("slot", "list")) == "the server has no replication slots\n"
        postgres.execute("SELECT pg_create_logical_replication_slot('mine', 'penstock')")
        postgres.execute("SELECT pg_create_logical_replication_slot('other', 'test_decoding')")
        listed = [line.split() for line in said(verbs.call("slot", "list")).splitlines()]
        assert listed[0] == ["slot", "plugin", "database", "state", "confirmed", "retained", "WAL"]
        assert [line[:4] for line in listed[1:]] == [
            ["mine", "penstock", "postgres", "idle"],
            ["other", "test_decoding", "postgres", "idle"]]
        assert "nobody agreed" in verbs.call("slot", "drop").stderr
        assert postgres.slot("mine")
        assert said(verbs.call("slot", "drop", "other", "--yes")) == 'dropped slot "other"\n'
        assert postgres.slot("mine") and not postgres.slot("other")
        assert said(verbs.call("slot", "drop", "--yes")) == 'dropped slot "mine"\n'
        gone = verbs.call("slot", "drop", "mine", "--yes")
        assert gone.returncode == 6 and "slot_missing" in gone.stderr, gone.stderr


def test_a_slot_in_use_is_not_dropped(pipe):
    with pipe() as one:
        # Between the making of a slot and its first stream nobody holds it.
        one.confirmed()
        refused = one.call("slot", "drop", one.slot, "--yes")
        assert refused.returncode == 6 and "slot_active" in refused.stderr, refused.stderr
        assert one.postgres.slot(one.slot) and one.running()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_tail_shows_changes_and_leaves_nothing_behind(tmp_path, ending):
    with Postgres(tmp_path / "pg") as postgres:
        postgres.execute("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int)")
        tail = Penstock(tmp_path / "tail", configuration(postgres, "127.0.0.1:1",
                                                         tables=["public.t"]), verb="tail").start()
        tail.wait_log("Ctrl-C ends")
        assert postgres.value("SELECT bool_and(temporary) FROM pg_replication_slots")
        postgres.execute("INSERT INTO t VALUES (1, 'it''s'); INSERT INTO other VALUES (7)")
        postgres.execute("UPDATE t SET v = NULL")
        postgres.execute("DELETE FROM t")
        postgres.execute("TRUNCATE t")
        tail.wait_log("TRUNCATE")
        text = tail.log_text()
        assert re.findall(r"^(\w+)  public\.(\w+)  (.*)$", text, re.M)[:2] == [
            ("INSERT", "t", "id=1  v='it's'"), ("UPDATE", "t", "id=1  v=null")], text
        assert "DELETE  public.t  id=1" in text and "other" not in text
        tail.signal(ending)
        assert tail.wait(10) == 0, tail.log_tail()
        until(lambda: postgres.value("SELECT count(*) FROM pg_replication_slots") == 0, 10,
              "the temporary slot to be gone")


def test_verbs_without_a_server_end_by_name(tmp_path):
    verbs = Penstock(tmp_path / "verbs", {
        "source": {"url": "postgresql://nobody@127.0.0.1:1/none"},
        "kafka": {"brokers": "127.0.0.1:1", "single_broker": True, "request_timeout": "2s"}})
    for words in (["status"], ["slot", "list"], ["tail"]):
        done = verbs.call(*words)
        assert done.returncode == 3 and "postgres_unreachable" in done.stderr, done.stderr
    done = verbs.call("state", "show")
    assert done.returncode == 4 and "kafka_unreachable" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr
    help_text = subprocess.run([verbs.program, "--help"], capture_output=True, text=True,
                               check=True).stdout
    for verb in ("run", "tail", "check", "slot", "status", "state", "errors"):
        assert re.search(rf"^  {verb}\s", help_text, re.M), help_text
