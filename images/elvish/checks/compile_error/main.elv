put [
