"""The lab behind the demo: fifty guests on libvirt's test hypervisor, three hosts, a UPS, and ways to break them.

It plays the world that the bot watches, and speaks the real protocols: libvirt, SSH, NUT, restic. It knows nothing
of the bot, and never touches the bot's state.
"""
