"""Workers: queue is where runs wait, jobs is RQ's workers, worker is what one worker process holds and does."""
