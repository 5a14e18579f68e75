"""The packages that a gist needs: what it asks for, the exact versions, and an image in which they are.

    wanted        what a program asks for, and what of it is refused. Pure
    syntax        files as trees, so that imports are parsed and not guessed
    python, …     an ecosystem each: from files to what is wanted, from a lock to packages. Pure
    ecosystems    all of them by name
    registry      the one door to the registries: a proxy that lets nothing else through
    installer     the container that resolves and downloads, and in which nothing of what it downloads runs
    environments  an image for each lock, made when it is first needed, removed when it is long unused

docs/packages.md tells the rules to people.
"""
