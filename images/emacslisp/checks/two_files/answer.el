(setq answer 42)
