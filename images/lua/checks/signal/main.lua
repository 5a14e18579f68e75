print('before')
os.execute('kill -TERM $PPID')
