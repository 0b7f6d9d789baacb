"""The commands of the command line, one function each: `command(options) -> exit code`.

running.py is what runs until it is stopped, examining.py what looks once, reading.py what only reads files. They
print for people; a user's mistake is raised as UserMistake or ConfigError, never shown as a traceback.
"""


class UserMistake(Exception):
    """What a person can mend; the text says what and where."""
