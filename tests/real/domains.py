#!/usr/bin/env python3
"""Reads the SPF and DMARC records of each domain in domains.tsv with checkdmarc and with mailtriage, and compares both with
what the table says. Runs inside the namespace of domains.sh, whose resolver knows these domains alone."""

import json
import os
import subprocess
import sys

import checkdmarc


def rows(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def theirs(domain):
    found = checkdmarc.check_domains([domain], nameservers=["127.0.0.1"], timeout=2.0)
    spf, dmarc = found["spf"], found["dmarc"]
    spf_is = "sound" if spf["valid"] else what_is_wrong(spf)
    if dmarc["valid"]:
        dmarc_is = dmarc["tags"]["p" if dmarc["location"] == domain else "sp"]["value"]
    else:
        dmarc_is = what_is_wrong(dmarc)
    return spf_is, dmarc_is, [of["error"] for of in (spf, dmarc) if "error" in of]


def what_is_wrong(of):
    return "missing" if of["record"] is None and "does not exist" in of["error"] else "broken"


def ours(domain):
    told = subprocess.run(
        [os.environ["MAILTRIAGE"], "check", f"anna@{domain}", "--server", "mail.good.test", "--error",
         "550 5.7.26 This mail has been blocked because the sender is unauthenticated", "--format", "json"],
        capture_output=True, text=True, check=False)
    facts = next(check["facts"] for check in json.loads(told.stdout)["checks"] if check["id"] == "sender-domain")
    spf = facts.get("spf")
    return spf if spf in (None, "missing", "broken") else "sound", facts.get("dmarc")


wrong = 0
for domain, _, _, *truth in rows(sys.argv[1]):
    *their_words, their_errors = theirs(domain)
    our_words = list(ours(domain))
    agree = our_words == truth == their_words
    wrong += not agree
    print(f"{'ok  ' if agree else 'DIFF'}  {domain:<20} table {truth}  ours {our_words}  theirs {their_words}"
          + ("" if agree else f"  {their_errors}"))
if wrong:
    sys.exit(f"domains: {wrong} judged differently")
print("domains: all judged alike")
