"""What `manage.py serve` runs: the application, in a worker that leaves in steps."""

from studyapp.leaving import leave_in_steps

leave_in_steps()

from studyapp.wsgi import application  # noqa: E402, F401  connections and their threads come after
