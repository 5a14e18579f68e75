print(await answer())
