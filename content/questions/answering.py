"""What short text and number share: answers in the author's order, of which the first that fits decides."""

from content.questions.base import Grade, Part, as_number, clamped, convert, with_ids, without_empty

ELSE = "else"


def with_answers(content):
    """`content` with ids and fractions in its answers."""
    if "answers" not in content:
        return content
    answers = content["answers"]
    if isinstance(answers, list):
        # A bare text or number in the list is an answer without more.
        answers = [_row(answer) for answer in answers]
    answers = with_ids(answers, taken=(ELSE,))
    convert(answers, "fraction", as_number)
    without_empty(answers, "feedback")
    return content | {"answers": answers}


def answer_fraction(answer):
    given = answer.get("fraction")
    return 1.0 if given is None else float(given)


def check_answer_rows(findings, content, path, *, fields):
    """The shape of the answers and of what is said when none fits. Gives (path, answer)."""
    rows = findings.rows(content, "answers", path, fields=fields, least=1, what="answer")
    for where, answer in rows:
        findings.number(answer, "fraction", where, least=0, most=1)
        findings.text(answer, "feedback", where)
        if answer.get("id") == ELSE:
            findings.error((*where, "id"), 'the id "else" is reserved; choose another', "id")
    findings.text(content, "else_feedback", path)
    return rows


def check_reachable(findings, content, path, first_fit, best):
    """Errors where nothing can earn the whole mark. `best(answer)` is the response an answer stands for."""
    full = [answer for answer in content["answers"] if answer_fraction(answer) == 1]
    if not full:
        findings.error((*path, "answers"), "no answer is worth the whole mark; give one fraction 1", "keys")
    elif not any(answer_fraction(first_fit(best(answer)) or {"fraction": 0}) == 1 for answer in full):
        findings.error(
            (*path, "answers"),
            "an answer above catches the right one; the first that fits decides, so put the right one first",
            "unreachable",
        )


def graded(content, response, fitting):
    """The grade by the answer that fits, or by none."""
    if not response:
        return Grade(0.0)
    if fitting is None:
        feedback = content.get("else_feedback", "")
        return Grade(0.0, (Part(ELSE, 0.0, chosen=True, right=False, feedback=feedback),), feedback)
    worth = clamped(answer_fraction(fitting))
    feedback = fitting.get("feedback", "")
    return Grade(
        worth, (Part(fitting["id"], worth, chosen=True, right=worth == 1, feedback=feedback),), feedback
    )


def feedback_for(content, grade):
    """The feedback of `content` (which may be its rendered form) for the answer that the grade names."""
    for part in grade.parts:
        if part.id == ELSE:
            return content.get("else_feedback", "")
        return next((a.get("feedback", "") for a in content["answers"] if a["id"] == part.id), "")
    return ""


def _row(answer):
    return answer if isinstance(answer, dict | list) or answer is None else {"text": answer}
