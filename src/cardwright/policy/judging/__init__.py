"""What the rules share when they judge: the case under review, the answer, next actions, wording."""
