; The threads of futures and agents wait a minute for more work, and the program would not end before that.
; Work that is still going on is finished all the same, and may start more.
(doseq [^java.util.concurrent.ThreadPoolExecutor pool [clojure.lang.Agent/pooledExecutor clojure.lang.Agent/soloExecutor]]
  (.setKeepAliveTime pool 10 java.util.concurrent.TimeUnit/MILLISECONDS)
  (.allowCoreThreadTimeOut pool true))
