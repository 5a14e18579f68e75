"""What live answers stand on: reader reads Redis once for all viewers of a process, streams counts open answers."""
