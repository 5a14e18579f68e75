package require mysqltcl
