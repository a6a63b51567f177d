"""Models of a person, a pet or an object, and their trainings."""
