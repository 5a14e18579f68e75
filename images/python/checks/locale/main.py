import datetime
import locale

print(locale.setlocale(locale.LC_ALL, "en_US.UTF-8"), datetime.date(2020, 2, 1).strftime("%x"))
