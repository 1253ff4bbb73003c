"""Owns a local ModelArts that judges its clients: it shares no code with the rest of the program, so no mistake cancels out."""
