"""Who is let in: numbers and what is wrong with them, the book of listed callers, closures, and the decision at the door."""
