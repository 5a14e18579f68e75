"""The packages that a gist needs: what it asks for, the exact versions, and an image in which they are.

    wanted        what a program asks for, and what of it is refused. Pure
    syntax        files as trees, so that imports are parsed and not guessed
    python, …     an ecosystem each: from files to what is wanted, from a lock to packages. Pure
    ecosystems    all of them by name
    registry      the one door to the registries: a proxy that lets nothing else through
    installer     the container that resolves and downloads, and in which nothing of what it downloads runs
    bounds        what one installation may take
    preparing     what is downloaded runs for the first time, in a container without a network
    disk          how much the environments take, and which of them go
    downloads     what is kept of them on the engine
    environments  an image for each lock, made when it is first needed
    sharing       hosts give them to each other through a registry of images, where there is one
    tools         the images of the installers, made when they are first needed
    means, memory, turns   what they are made with, what is remembered of them, and whose turn it is
    steps, waiting         what is told meanwhile, and waiting for it

docs/packages.md tells the rules to people.
"""
