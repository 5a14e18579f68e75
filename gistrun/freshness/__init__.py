"""What keeps a gist true to GitHub.

gists        a gist as it is known, at once; GitHub is asked when that is old
watcher      asks again for what people view, within GitHub's budget; pace says how often
deliveries   what a webhook delivery leads to; readmes finds the badges in a README
"""
