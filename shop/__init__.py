"""The rules of trade: pure values and functions. No I/O, no clock, no randomness, no async, standard library only."""
