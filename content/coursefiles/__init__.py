"""Course files: a folder ↔ the definition of a course. Pure: no database, no clock."""
