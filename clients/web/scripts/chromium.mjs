/**
 * Prints the path of a Chromium that runs without anything installed: the one inside the npm package @sparticuz/chromium.
 *
 * It is unpacked once into node_modules/.cache, together with the shared libraries, fonts and software renderer it needs,
 * and started through a small shell script that points it to them. Two processes may ask at the same time: each unpacks
 * into a folder of its own and the first one to rename it wins.
 *
 * Use from Node: `import { chromium } from "./chromium.mjs"; const { executablePath, args } = await chromium();`
 * Use from a shell: `node scripts/chromium.mjs`
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "..", "node_modules");
const PACKAGE = join(MODULES, "@sparticuz", "chromium");

/** Flags for a machine without GPU and, as root, without the kernel sandbox. */
export const ARGS = [
  "--no-sandbox",
  "--disable-setuid-sandbox",
  "--disable-dev-shm-usage",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-gpu-compositing", // pages are painted by the processor; only WebGL goes through the software renderer
  "--font-render-hinting=none",
];

const START = `#!/bin/sh
# Starts the Chromium beside this file with the libraries and fonts that came with it.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
LD_LIBRARY_PATH="$here/al2023/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
FONTCONFIG_PATH="\${FONTCONFIG_PATH:-$here/fonts}"
export LD_LIBRARY_PATH FONTCONFIG_PATH
exec "$here/chromium" "$@"
`;

/** The package's own file names folders of another system; without a single font Chromium dies at the first bullet. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

async function unpack(folder) {
  process.env.TMPDIR = folder; // the package unpacks into os.tmpdir()
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs24.x"; // makes it unpack its shared libraries as well
  const { default: packed } = await import("@sparticuz/chromium");
  await packed.executablePath();
  writeFileSync(join(folder, "fonts", "fonts.conf"), FONTS);
  writeFileSync(join(folder, "chromium-start"), START, { mode: 0o755 });
}

/** Returns what Playwright's `launch` needs; unpacks on the first call (some seconds). */
export async function chromium() {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const cache = join(MODULES, ".cache", "chromium");
  const home = join(cache, version);
  const executablePath = join(home, "chromium-start");
  if (!existsSync(executablePath)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(join(cache, "unpack-"));
    const tmp = process.env.TMPDIR;
    try {
      await unpack(own);
      renameSync(own, home);
    } catch (error) {
      rmSync(own, { recursive: true, force: true });
      if (!existsSync(executablePath)) throw error; // somebody else was first: theirs is as good
    } finally {
      if (tmp === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = tmp;
    }
  }
  return { executablePath, args: ARGS };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await chromium()).executablePath);
}
