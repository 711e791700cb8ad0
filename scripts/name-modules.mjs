// Gives the modules that the bundle imports a name that carries a hash of their content, and with them the bundle, which names them. wasm-bindgen calls
// them by the crate's name and version alone, and files under /pkg are kept by browsers for good: without this a browser that was here before a release would go
// on with the modules of the one before, and what they lack stops the whole page.
//
// Usage: node scripts/name-modules.mjs SITE HASH_FILE
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [site, hashFile] = process.argv.slice(2);
const pkg = join(site, "pkg");
const hashes = readFileSync(hashFile, "utf8");
const [, named] = /^js: (.+)$/m.exec(hashes) ?? [];
const bundle = readdirSync(pkg).find((name) => named && name.endsWith(`.${named}.js`));
if (!bundle) throw new Error(`no bundle in ${pkg} as ${hashFile} names it`);

const snippets = join(pkg, "snippets");
const folders = readdirSync(snippets);
let code = readFileSync(join(pkg, bundle), "utf8");
for (const folder of folders) {
  const hash = createHash("sha256");
  for (const file of readdirSync(join(snippets, folder), { recursive: true }).sort()) {
    const path = join(snippets, folder, file);
    if (statSync(path).isFile()) hash.update(file).update("\0").update(readFileSync(path)).update("\0");
  }
  const fresh = hash.digest("hex").slice(0, 16);
  renameSync(join(snippets, folder), join(snippets, fresh));
  // Only where they are imported: the WASM knows them by their old names.
  const imports = new RegExp(`(\\bfrom\\s*["'])\\./snippets/${folder}/`, "g");
  if (!imports.test(code)) throw new Error(`${bundle} imports nothing from ${folder}`);
  code = code.replace(imports, `$1./snippets/${fresh}/`);
}
const fresh = createHash("sha256").update(code).digest("base64url").slice(0, 22);
writeFileSync(join(pkg, bundle.replace(`.${named}.js`, `.${fresh}.js`)), code);
if (fresh !== named) rmSync(join(pkg, bundle));
writeFileSync(hashFile, hashes.replace(`js: ${named}`, `js: ${fresh}`));
