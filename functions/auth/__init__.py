"""Sign-in, accounts, and the erasure of a person."""
