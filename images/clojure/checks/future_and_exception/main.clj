(println @(future "before"))
(throw (ex-info "amiss" {}))
