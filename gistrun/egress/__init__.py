"""The network mode `egress`: sandboxes reach the public internet and nothing else.

    sandbox ─ gistrun0, a bridge of our own ─ GISTRUN-OUT ─ the internet
              INPUT: nothing reaches the host           GISTRUN-IN: answers only

The Docker engine makes the bridge and translates addresses. Our firewall rules (`rules`) restrict the sandboxes; each
rule is read back after it is set (`firewall`). If something cannot be enforced, the mode does not start (`network`).
"""
