// Writes FILE.br and FILE.gz beside every compressible file of a folder, as the file handler expects them. Node's zlib is native:
// seconds where an unoptimised cargo-leptos would take minutes.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const COMPRESSIBLE = new Set([".css", ".html", ".ico", ".js", ".json", ".map", ".svg", ".txt", ".ttf", ".wasm", ".webmanifest", ".xml"]);
/** Below this a header costs more than compression saves. */
const WORTHWHILE_BYTES = 512;

for (const entry of readdirSync(process.argv[2], { recursive: true })) {
  const path = join(process.argv[2], entry);
  if (!COMPRESSIBLE.has(extname(path)) || !statSync(path).isFile()) continue;
  const bytes = readFileSync(path);
  if (bytes.length < WORTHWHILE_BYTES) continue;
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
