"""How good a one-line summary of a call is: does it keep the facts, and is it short?"""

MOST_WORDS = 14


def score(answer, case):
    """`facts`: the share of caller, thing, problem and day that the line names. `brief`: whether it
    is one line of at most 14 words. The workbench runs this in a process of its own.
    """
    words = _words(answer)
    facts = case["expected"]
    missing = [name for name, text in facts.items() if _words(text) not in words]
    brief = len(answer.split()) <= MOST_WORDS and "\n" not in answer.strip()
    return {
        "facts": 1 - len(missing) / len(facts),
        "brief": brief,
        "reason": f"without {', '.join(missing)}" if missing else "",
    }


def _words(text):
    """The words in lower case between blanks, so that `door` is not found in `outdoors`."""
    kept = "".join(sign if sign.isalnum() else " " for sign in text.lower())
    return f" {' '.join(kept.split())} "
