#!/bin/sh
# The whole suite: on SQLite, then everything that touches the database once more on PostgreSQL. Tests of promises about
# answers (tests/trust, tests/browser/test_exam_promises.py) start a database of each kind themselves, in the first pass.
# With CI=true a missing part is a failure; elsewhere it is named and left out.
set -u
PYTHON=${PYTHON:-python3}
here=$(dirname "$0")
status=0

if [ "${SOAK:-}" = 1 ]; then
  exec "$PYTHON" -m pytest "$@"
fi

"$PYTHON" -m pytest -n 2 --dist loadfile -m "not soak" "$@" || status=1

if sh "$here/with_postgres.sh" --there; then
  sh "$here/with_postgres.sh" "$PYTHON" -m pytest -n 2 --dist loadfile -m "not soak and not browser and not once" --touching-database "$@" || status=1
elif [ "${CI:-}" = true ]; then
  echo "PostgreSQL is missing: apt install postgresql"
  status=1
else
  echo "Left out: the tests on PostgreSQL (to run them: apt install postgresql)."
fi
exit $status
