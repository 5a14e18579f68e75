"""gistrun: paste a gist URL and see the gist run."""
