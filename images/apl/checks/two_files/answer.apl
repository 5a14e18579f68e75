answer←42
