"""Workers: jobs is RQ's queue and its workers, worker is what one worker process holds and does."""
