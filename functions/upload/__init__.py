"""Photos of oneself, uploaded straight to the bucket and inspected."""
