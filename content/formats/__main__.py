"""Read one file in a process of its own: the bytes come in, the packed `Reading` goes out.

Usage: python -m content.formats FILENAME [FORMAT [BACKS_AS]] < file > reading
A file that needs more memory or time than it may have kills this process and nothing else. A fault of a reader is told
apart from that by the exit status `FAULT`, with its type and place, and nothing of the file, on stderr.
"""

import resource
import sys
import traceback

MEMORY = 512 * 1024 * 1024
SECONDS = 30
FAULT = 70  # EX_SOFTWARE


def main(filename, as_format="", backs_as=""):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Imported under the limits, since a file may already be too much for what comes with the libraries.
    from content.formats import read
    from content.formats.carrying import packed

    data = sys.stdin.buffer.read()
    options = {"backs_as": backs_as} if backs_as else {}
    try:
        reading = read(data, filename, as_format or None, **options)
    except MemoryError:
        raise
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        print(f"{type(fault).__name__} at {place.filename}:{place.lineno}", file=sys.stderr)
        sys.exit(FAULT)
    sys.stdout.buffer.write(packed(reading))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
