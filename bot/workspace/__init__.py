"""A Slack workspace in a box: the Web API, Socket Mode and a page for people, on loopback, for demo and tests.

It stands in for slack.com at the socket: the bot talks to it with the same clients and the same code. It refuses
what Slack refuses and can be told to fail. It refuses to listen beyond this machine, and it knows nothing of
what the bot is for.
"""
