"""What is said where a question is out of turn, in a quiz without a way back. Pure."""


class OutOfTurn(Exception):
    """Another question is asked now. Made with the number of the one that was meant; the message is a sentence for
    the learner."""

    words = "Question {number} is not asked now."

    def __init__(self, number):
        super().__init__(self.words.format(number=number))


class Left(OutOfTurn):
    """The question lies behind."""

    words = "You have left question {number}; its answer stays as it was."


class NotYet(OutOfTurn):
    """The question comes later."""

    words = "Question {number} comes later; leave the questions before it first."
