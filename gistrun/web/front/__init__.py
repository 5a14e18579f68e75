"""What every request passes, and what every answer is made of.

proxies     who the visitor is behind believed proxies; visitors names them
hosts       refuses what `Host` may not be; validators what `If-None-Match` may not be
slashes     takes the slash off the end of an address that is sent something
kept        finished pages that are sent as they are kept
crosssite   refuses what another site's page makes a browser send
inputs      what a visitor names, checked
services    what the views stand on
headers     the headers of every answer; errors: one table from errors to answers
"""
