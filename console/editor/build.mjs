// Builds ../static/editor.js and its licence notices. `make editor` runs it after `npm ci`.
//
// The first line of the bundle carries the hash of its sources, so that a test can say when somebody changed a source and
// forgot to build. The hash is over every file of source/, package.json, package-lock.json and this recipe.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");

const sources = ["build.mjs", "package-lock.json", "package.json", ...readdirSync(join(here, "source")).sort().map((name) => `source/${name}`)];
const hash = createHash("sha256");
for (const name of sources) hash.update(`${name}\n`).update(readFileSync(join(here, name))).update("\n");

const built = await build({
  absWorkingDir: here,
  entryPoints: ["source/main.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  logLimit: 5,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
  banner: { js: `/* Built by console/editor; sources ${hash.digest("hex")}; licences in editor.LICENSE.txt */` },
});
writeFileSync(join(out, "editor.js"), built.outputFiles[0].contents);

const packages = new Set();
for (const input of Object.keys(built.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const notices = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENCE", "license"].map((each) => join(folder, each)).find(existsSync);
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name} ${about.version} (${about.license})\n\n${readFileSync(file, "utf8").trim()}\n`;
});
writeFileSync(join(out, "editor.LICENSE.txt"), `editor.js contains these packages.\n\n${notices.join(`\n${"-".repeat(78)}\n\n`)}`);
console.log(`editor.js: ${built.outputFiles[0].contents.length} bytes, ${packages.size} packages`);
