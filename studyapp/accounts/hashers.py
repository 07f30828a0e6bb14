from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the memory that OWASP's password storage cheat sheet names as its minimum for t = 2, p = 1.

    Django's default asks for 100 MiB a check: two cores would check eight passwords a second when a whole
    class signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
