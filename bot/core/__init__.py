"""What Caretaker decides, without touching anything: values in, values out.

Nothing here does I/O, reads a clock, logs, starts a thread or imports beyond the standard library. `now` is an
argument: aware and in UTC.
"""
