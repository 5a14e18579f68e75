(require '[clojure.data.json :as json])
(println json/read-str)
