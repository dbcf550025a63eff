"""What is told of a run: its result as JSON, as JUnit XML, as a page, and in a terminal."""
