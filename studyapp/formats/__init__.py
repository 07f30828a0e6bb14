"""How moments are written where no page says it itself, in the admin above all: as everywhere else."""
