plot (
