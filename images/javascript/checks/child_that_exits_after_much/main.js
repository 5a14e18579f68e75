const { spawnSync } = require("child_process");

if (process.env.CHILD) {
  process.stdout.write("x".repeat(300_000) + "\nend of it\n");
  process.exit();
}
const { status } = spawnSync(process.execPath, [__filename], { stdio: "inherit", env: { ...process.env, CHILD: "1" } });
process.exit(status);
