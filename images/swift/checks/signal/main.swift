import Foundation

print("before")
kill(getpid(), SIGTERM)
sleep(5)
