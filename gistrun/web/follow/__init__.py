"""What live answers stand on: reader reads Redis once for all viewers of a process, audience tells them how things
stand, streams counts open answers.
"""
