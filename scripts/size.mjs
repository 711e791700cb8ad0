// Prints the size of the front end as served (brotli) against the budget, and exits 1 when JS and WASM together have grown by more than
// 5 % over the size recorded here: growth needs a reason, and the record is changed in the commit that has it.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const BUDGET_KB = 250;
const RECORDED_KB = 442;
const [folder] = process.argv.slice(2);
const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
let script = 0;

console.log(`${"file".padEnd(12)}${"raw kB".padStart(8)} ${"br kB".padStart(8)}`);
for (const kind of ["wasm", "js", "css"]) {
  // Modules that the bundle imports lie below it, and are fetched with it.
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(`.${kind}`));
  const raw = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const brotli = files.reduce((sum, name) => sum + readFileSync(join(folder, `${name}.br`)).length, 0);
  if (kind !== "css") script += brotli;
  console.log(`${kind.padEnd(12)}${kb(raw)} ${kb(brotli)}`);
}
const percent = Math.round((script / 1000 / BUDGET_KB) * 100);
console.log(`${"js + wasm".padEnd(12)}${"".padStart(8)} ${kb(script)}   ${percent} % of the budget of ${BUDGET_KB} kB`);
if (script > RECORDED_KB * 1000 * 1.05) {
  console.log(`grown by more than 5 % over the recorded ${RECORDED_KB} kB`);
  process.exit(1);
}
