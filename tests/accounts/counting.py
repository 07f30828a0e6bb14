"""The app's own hasher, counting how often it works."""

from studyapp.accounts.hashers import Argon2idHasher


class CountingHasher(Argon2idHasher):
    calls = 0

    def encode(self, password, salt):
        type(self).calls += 1
        return super().encode(password, salt)

    def verify(self, password, encoded):
        type(self).calls += 1
        return super().verify(password, encoded)
