process.stdout.write("x".repeat(300_000) + "\nend of it\n");
process.exit();
