"""What is stored: every kind of row, one module a thing. Keys are written here and nowhere else."""
