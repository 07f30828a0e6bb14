"""People, guests among them, and what concerns one person only."""

import secrets
import unicodedata

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone


def folded(value: str) -> str:
    """The form in which names and addresses are compared: NFKC, then case folded (SQLite's lower() knows ASCII only)."""
    return unicodedata.normalize("NFKC", value).casefold().strip()


class UserManager(BaseUserManager):
    def create_user(self, username, password=None, **fields):
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username):
        return self.get(username_folded=folded(username))


class User(AbstractBaseUser, PermissionsMixin):
    """Anyone who stores something here. A guest is a row with a flag and without a usable password."""

    username = models.CharField("sign-in name", max_length=80, unique=True)
    username_folded = models.CharField(max_length=160, unique=True, editable=False)
    name = models.CharField("name", max_length=120, blank=True)
    email = models.CharField("e-mail", max_length=254, blank=True)
    email_folded = models.CharField(max_length=320, blank=True, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_guest = models.BooleanField(default=False)
    is_staff = models.BooleanField("may open the admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    last_seen_on = models.DateField(null=True, blank=True)
    # Made-up learners of `make demo`; removed without trace by `make demo-off`.
    is_demo = models.BooleanField(default=False, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email_folded"], condition=~Q(email_folded=""), name="one_account_an_email"
            ),
        ]

    def __str__(self):
        return self.shown_name

    def save(self, *args, **kwargs):
        # The folded columns are derived from the typed ones and never set apart.
        self.username_folded = folded(self.username)
        self.email_folded = folded(self.email)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "username_folded", "email_folded"}
        super().save(*args, **kwargs)

    @property
    def shown_name(self) -> str:
        if self.is_guest:
            return "Guest"
        return self.name or self.username

    def get_full_name(self):
        return self.shown_name

    def get_short_name(self):
        return self.shown_name


def guest_username() -> str:
    """A sign-in name nobody can type by chance; sign-up refuses names that begin like it."""
    return f"guest-{secrets.token_hex(12)}"


def removed_username() -> str:
    """What an erased account is called instead of its sign-in name."""
    return f"removed-{secrets.token_hex(12)}"


class Notice(models.Model):
    """One line for one person, shown until it is read."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    text = models.CharField(max_length=500)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["user", "read_at"])]

    def __str__(self):
        return self.text


class SignInFailure(models.Model):
    """A wrong password, counted by account and where it came from together, so that one pupil cannot lock out another."""

    account = models.CharField(max_length=160)  # a keyed hash of the folded sign-in name, known or not
    network = models.CharField(
        max_length=64
    )  # /24 or /64; or a keyed hash of a browser that the account knows
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "network", "at"]),
            models.Index(fields=["network", "at"], name="failures_of_a_network"),
        ]

    def __str__(self):
        return f"{self.network} {self.at:%Y-%m-%d %H:%M}"


class Spending(models.Model):
    """What a network, or the whole site (network ""), has used of one budget in one window of time."""

    what = models.CharField(max_length=16)
    network = models.CharField(max_length=64)  # /24 or /64
    began_at = models.DateTimeField()
    spent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["what", "network", "began_at"], name="one_row_a_budget_and_window"
            )
        ]
        indexes = [models.Index(fields=["began_at"])]

    def __str__(self):
        return f"{self.what} {self.network} {self.began_at:%Y-%m-%d %H:%M}: {self.spent}"


class SignInLink(models.Model):
    """A link that signs one person in once; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"link of user {self.user_id}"
