"""An examination hall for tests and benchmarks: the product as real processes, students who remember every receipt,
an office that looks into the database, and everything that goes wrong on the way."""
