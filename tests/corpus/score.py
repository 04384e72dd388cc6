#!/usr/bin/env python3
"""Score kerasguard on a corpus of real bugs: does it find the line to blame, and does its fix work?

    python score.py DIR [--keras keras3|tf_keras] [--only PREFIX] [--json OUT] [--fresh] [-v]

DIR holds one folder per case:
    NAME/broken.py, NAME/fixed.py, NAME/case.json   a program that must fail, its repair, the truth
    okNN_*/ok.py, okNN_*/case.json                  a correct program that looks suspicious
    silentNN_*/silent.py, silentNN_*/case.json      a program that runs, and is wrong because of a shape

Every broken.py runs as a user would run it, `python -m kerasguard run --report R.json broken.py`,
and R.json is read (its fields are in ../design.md). Figures, each a share of the cases that
fail under the chosen Keras:

    caught      a diagnosis with an error code came out, and the exception kept its type
    named       a name in case.json's "offending" is among the diagnosis' offenders
    located     the one place the diagnosis blames (diagnosis.cause) is one of "blame_lines": where the tensor
                became wrong, or where the right fix is made
    traced      some step of the trace is one of "cause_lines": where the tensor became wrong
    repaired    the first fix's edits, applied to the source, make the program run to its end
    same        ... and every keras.Model left in its globals has the shapes that fixed.py gives it
    lied        a fix marked "verified" that does not make the program run   (must be 0)
    noise       correct programs that print anything different under kerasguard   (must be 0)
    warned      silent programs for which the report's "warnings" blame a line of "cause_lines"

One process imports TensorFlow once and forks a child per run; --fresh starts a new
interpreter for every run instead (slow, the truth when in doubt).
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TIME_LIMIT_S = 120


def in_child(argv, cwd, out, shapes=None, guard=True, fresh=False):
    """Run `argv` (a script and its arguments) in a child; return its exit status."""
    if fresh:
        command = [sys.executable, "-m", "kerasguard", *argv] if guard else [sys.executable, *argv]
        with open(out, "wb") as stream:
            try:
                return subprocess.run(
                    command, cwd=cwd, stdout=stream, stderr=subprocess.STDOUT, timeout=TIME_LIMIT_S
                ).returncode
            except subprocess.TimeoutExpired:
                return 124
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            stream = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(stream, 1)
            os.dup2(stream, 2)
            os.chdir(cwd)
            code = run_here(argv, shapes, guard)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    deadline = time.monotonic() + TIME_LIMIT_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 124


def run_here(argv, shapes, guard):
    import runpy
    import traceback

    sys.path.insert(0, os.getcwd())
    try:
        if guard:
            sys.argv = ["kerasguard", *argv]
            runpy.run_module("kerasguard", run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(argv)
            names = runpy.run_path(argv[0], run_name="__main__")
            if shapes:
                pathlib.Path(shapes).write_text(json.dumps(model_shapes(names)))
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else (0 if stop.code is None else 1)
    except BaseException:
        traceback.print_exc()
        return 1


def model_shapes(names):
    import tensorflow as tf

    found = {}
    for name, value in names.items():
        if isinstance(value, tf.keras.Model):
            try:
                found[name] = repr((value.input_shape, value.output_shape))
            except Exception:
                found[name] = "no static shape"
    return found


def applied(edits, folder):
    """Apply ruff-style edits to the files of `folder`; return None when one does not fit."""
    per_file = {}
    for edit in edits:
        name = pathlib.Path(edit["filename"]).name
        per_file.setdefault(name, []).append(edit)
    for name, group in per_file.items():
        path = folder / name
        if not path.exists():
            return None
        lines = path.read_text().splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        text = "".join(lines)

        def offset(place):
            return starts[place["row"] - 1] + place["column"] - 1

        try:
            group.sort(key=lambda e: offset(e["location"]), reverse=True)
            for edit in group:
                text = text[: offset(edit["location"])] + edit["content"] + text[offset(edit["end_location"]) :]
        except (IndexError, KeyError, TypeError):
            return None
        path.write_text(text)
    return folder


def touches(place, lines, script):
    if not place or not place.get("filename") or pathlib.Path(place["filename"]).name != script:
        return False
    first = place.get("row") or 0
    last = place.get("end_row") or first
    return any(first <= line <= last for line in lines)


def score_case(case_dir, keras, fresh):
    truth = json.loads((case_dir / "case.json").read_text())
    row = {"id": case_dir.name, "family": truth.get("family", "")}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        shutil.copy(case_dir / "broken.py", scratch / "broken.py")
        report_path = scratch / "report.json"
        row["exit"] = in_child(
            ["run", "--report", str(report_path), "broken.py"], scratch, scratch / "out.txt", fresh=fresh
        )
        row["output"] = (scratch / "out.txt").read_text(errors="replace")[-6000:]
        report = json.loads(report_path.read_text()) if report_path.exists() else {}
        diagnosis = report.get("diagnosis") or {}
        expected = (truth.get("exception") or {}).get(keras, {}).get("type", "")
        actual = (diagnosis.get("exception") or {}).get("type", "")
        row["code"] = diagnosis.get("code")
        row["caught"] = (
            bool(diagnosis.get("code"))
            and row["exit"] not in (0, 99, 124)
            and expected.split(".")[-1] == actual.split(".")[-1]
        )
        names = {str(o.get("name")) for o in diagnosis.get("offenders", [])}
        row["named"] = bool(names & {str(n) for n in truth.get("offending", [])})
        row["located"] = touches(diagnosis.get("cause"), truth["blame_lines"], "broken.py")
        row["traced"] = any(touches(step, truth["cause_lines"], "broken.py") for step in diagnosis.get("trace", []))
        row["blamed"] = (diagnosis.get("cause") or {}).get("row")
        row["truth"] = truth["blame_lines"]
        fixes = diagnosis.get("fixes") or []
        row["fixes"] = len(fixes)
        row["repaired"] = row["same"] = row["lied"] = False
        if fixes and fixes[0].get("edits"):
            fixed_dir = scratch / "patched"
            fixed_dir.mkdir()
            shutil.copy(case_dir / "broken.py", fixed_dir / "broken.py")
            if applied(fixes[0]["edits"], fixed_dir):
                # No guard here: the repaired program has to stand by itself.
                status = in_child(
                    ["broken.py"], fixed_dir, scratch / "patched.txt", shapes=scratch / "patched.json", guard=False
                )
                row["repaired"] = status == 0
                if status == 0:
                    in_child(
                        [str(case_dir / "fixed.py")],
                        fixed_dir,
                        scratch / "fixed.txt",
                        shapes=scratch / "fixed.json",
                        guard=False,
                    )
                    left, right = scratch / "patched.json", scratch / "fixed.json"
                    row["same"] = left.exists() and right.exists() and left.read_text() == right.read_text()
            row["lied"] = fixes[0].get("status") == "verified" and not row["repaired"]
    return row


def score_ok(case_dir, fresh):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        shutil.copy(case_dir / "ok.py", scratch / "ok.py")
        plain = in_child(["ok.py"], scratch, scratch / "plain.txt", guard=False, fresh=fresh)
        guarded = in_child(["run", "ok.py"], scratch, scratch / "guarded.txt", fresh=fresh)
        text = (scratch / "guarded.txt").read_text(errors="replace")
        noisy = guarded != plain or "KG" in text.replace((scratch / "plain.txt").read_text(errors="replace"), "")
    return {"id": case_dir.name, "noise": noisy, "output": text[-3000:] if noisy else ""}


def score_silent(case_dir, fresh):
    truth = json.loads((case_dir / "case.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        shutil.copy(case_dir / "silent.py", scratch / "silent.py")
        report_path = scratch / "report.json"
        status = in_child(["run", "--report", str(report_path), "silent.py"], scratch, scratch / "out.txt", fresh=fresh)
        report = json.loads(report_path.read_text()) if report_path.exists() else {}
    warned = [w for w in report.get("warnings") or [] if touches(w.get("cause"), truth["cause_lines"], "silent.py")]
    return {
        "id": case_dir.name,
        "warned": bool(warned) and status == 0,
        "codes": [w.get("code") for w in report.get("warnings") or []],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--keras", choices=["keras3", "tf_keras"], default="keras3")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()

    os.environ["TF_USE_LEGACY_KERAS"] = "1" if options.keras == "tf_keras" else "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ["NO_COLOR"] = "1"
    if not options.fresh:
        import tensorflow as tf

        tf.keras.Model  # tf.keras loads lazily: load it before the forks

    rows, oks, silents = [], [], []
    for case_dir in sorted(p.resolve() for p in options.corpus.iterdir() if p.name.startswith(options.only)):
        if (case_dir / "broken.py").exists():
            truth = json.loads((case_dir / "case.json").read_text())
            if options.keras in truth.get("runs_on", []):
                rows.append(score_case(case_dir, options.keras, options.fresh))
        elif (case_dir / "ok.py").exists():
            oks.append(score_ok(case_dir, options.fresh))
        elif (case_dir / "silent.py").exists():
            silents.append(score_silent(case_dir, options.fresh))

    flags = ["caught", "named", "located", "traced", "repaired", "same"]
    print(f"{'case':44} {'code':7} {' '.join(f'{f[:8]:>8}' for f in flags)}  blamed / truth")
    for row in rows:
        marks = " ".join(f"{'yes' if row[f] else '.':>8}" for f in flags)
        lied = "  LIED" if row["lied"] else ""
        print(f"{row['id'][:44]:44} {row['code'] or '-':7} {marks}  {row['blamed']} / {row['truth']}{lied}")
        if options.verbose:
            print(row["output"])
    for ok in oks:
        if ok["noise"]:
            print(f"{ok['id'][:44]:44} NOISE")
            if options.verbose:
                print(ok["output"])
    for silent in silents:
        print(f"{silent['id'][:44]:44} {'warned' if silent['warned'] else 'SILENT'} {silent['codes']}")
    total = max(len(rows), 1)
    figures = {f: sum(r[f] for r in rows) / total for f in flags}
    figures |= {
        "cases": len(rows),
        "lied": sum(r["lied"] for r in rows),
        "ok_cases": len(oks),
        "noise": sum(o["noise"] for o in oks),
        "silent_cases": len(silents),
        "warned": sum(s["warned"] for s in silents),
    }
    if options.json:
        options.json.write_text(
            json.dumps({"figures": figures, "rows": rows, "oks": oks, "silents": silents}, indent=1)
        )
    shares = "  ".join(f"{f} {figures[f]:.0%}" for f in flags)
    print(
        f"{options.keras}: {len(rows)} cases  {shares}  lied {figures['lied']}  "
        f"noise {figures['noise']}/{len(oks)}  warned {figures['warned']}/{len(silents)}"
    )


if __name__ == "__main__":
    main()
