"""One small question of each kind, as an author writes it. What must not be seen early says SECRET."""

import importlib


def own_tests(kind):
    """The test module of a kind, which may hold its example and its strategies beside its golden cases."""
    return importlib.import_module(f"tests.content.questions.test_{kind}")


class Examples(dict):
    def __missing__(self, kind):
        """A kind that is not listed below has its `EXAMPLE` in its own test module."""
        return own_tests(kind).EXAMPLE


EXAMPLES = Examples(
    {
        "single_choice": {
            "stem": "Which planet is nearest to the Sun?",
            "options": [
                {"text": "Mercury", "correct": True, "feedback": "SECRET yes"},
                {"text": "Venus", "feedback": "SECRET it is the second"},
                {"text": "Mars", "feedback": "SECRET it is the fourth"},
            ],
            "explanation": "SECRET Mercury circles the Sun in 88 days.",
        },
        "multiple_choice": {
            "stem": "Which of these planets have rings?",
            "options": [
                {"text": "Saturn", "correct": True, "feedback": "SECRET"},
                {"text": "Uranus", "correct": True, "feedback": "SECRET"},
                {"text": "Neptune", "correct": True, "feedback": "SECRET"},
                {"text": "Venus", "feedback": "SECRET"},
                {"text": "Mars", "feedback": "SECRET"},
            ],
            "explanation": "SECRET",
        },
        "true_false": {
            "stem": "Venus turns more slowly than it circles the Sun.",
            "answer": True,
            "feedback": {"true": "SECRET 243 days against 225", "false": "SECRET"},
            "explanation": "SECRET",
        },
        "short_text": {
            "stem": "What is the largest moon of Saturn called?",
            "answers": [
                {"text": "Titan", "feedback": "SECRET"},
                {"text": "Tit*n", "fraction": 0.5, "feedback": "SECRET mind the spelling"},
            ],
            "match": "characters",
            "else_feedback": "SECRET",
            "explanation": "SECRET",
        },
        "numeric": {
            "stem": "How many days does Mercury need for one orbit?",
            "answers": [
                {"value": 88, "absolute": 0.5, "feedback": "SECRET"},
                {"value": 88, "relative": 0.05, "fraction": 0.5, "feedback": "SECRET near"},
            ],
            "unit": "days",
            "else_feedback": "SECRET",
            "explanation": "SECRET",
        },
        "matching": {
            "stem": "Which planet does each moon circle?",
            "pairs": [
                {"left": "Titan", "right": "Saturn", "feedback": "SECRET"},
                {"left": "Europa", "right": "Jupiter", "feedback": "SECRET"},
                {"left": "Rhea", "right": "Saturn", "feedback": "SECRET"},
            ],
            "extra": ["Mars", "Venus"],
            "explanation": "SECRET",
        },
        "ordering": {
            "stem": "Put these planets in order, the nearest to the Sun first.",
            "items": ["Mercury", "Venus", "Earth", "Mars"],
            "feedback": "SECRET",
            "explanation": "SECRET",
        },
        "gaps": {
            "stem": "Fill the gaps.",
            "text": "The *largest* planet is {{planet}}; its {{number}} largest moons were seen by {{who}}.",
            "gaps": {
                "planet": {
                    "kind": "choice",
                    "options": [
                        {"text": "Jupiter", "correct": True, "feedback": "SECRET"},
                        {"text": "Saturn", "feedback": "SECRET"},
                    ],
                },
                "number": {"kind": "numeric", "answers": [{"value": 4, "feedback": "SECRET"}]},
                "who": {
                    "kind": "short_text",
                    "answers": [{"text": "* Galilei", "feedback": "SECRET"}],
                    "match": "words",
                    "display": "Galileo Galilei",
                },
            },
            "explanation": "SECRET",
        },
        "essay": {
            "stem": "Why is Pluto no planet any more?",
            "rubric": [
                {
                    "criterion": "Names the rule of 2006",
                    "points": 2,
                    "description": "SECRET three conditions",
                },
                {"criterion": "Applies it to Pluto", "points": 3, "description": "SECRET"},
            ],
            "model_answer": "SECRET It has not cleared its orbit.",
            "min_words": 50,
            "max_words": 300,
            "explanation": "SECRET",
        },
    }
)
