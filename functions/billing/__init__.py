"""Credits: what is there, and what became of them."""
