"""Compute every card from the log again, after a change of parameters or of a question's chance to be guessed."""

from django.core.management import BaseCommand, CommandError
from django.db.models import Count

from studyapp.accounts.models import User
from studyapp.review.models import ReviewLog
from studyapp.review.rebuilding import rebuild_cards


class Command(BaseCommand):
    help = (
        "Rebuild what we believe learners know from the log of their answers. Safe to run while people study."
    )

    def add_arguments(self, parser):
        parser.add_argument("--learner", help="sign-in name; without it everybody's cards")

    def handle(self, *, learner, verbosity, **options):
        rows = ReviewLog.objects.all()
        if learner is not None:
            try:
                rows = rows.filter(learner=User.objects.get_by_natural_key(learner))
            except User.DoesNotExist:
                raise CommandError(f"There is nobody with the sign-in name {learner!r}.") from None
        counts = list(rows.order_by("learner").values_list("learner").annotate(n=Count("pk")))
        total, done = sum(n for _, n in counts), 0
        for learner_id, n in counts:
            said = self._saying(done, total) if verbosity else None
            rebuild_cards(learner_id, progress=said)
            done += n
            if verbosity:
                self.stdout.write(f"{done:,} of {total:,} answers")
        self.stdout.write(f"Cards of {len(counts):,} learners rebuilt from {total:,} answers.")

    def _saying(self, done, total):
        """A word now and then, also within one learner's long log."""
        return lambda count: self.stdout.write(f"{done + count:,} of {total:,} answers")
