// Files to send, made here: small ones, and a photograph that is too large as it is.
import { crc32, deflateSync } from "node:zlib";

export interface Made {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(checksum(body));
  return Buffer.concat([length, body, sum]);
}

/** CRC-32 as PNG wants it; `zlib.crc32` is younger than the oldest Node that runs this. */
function checksum(bytes: Buffer): number {
  if (typeof crc32 === "function") return crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A picture of noise, which no compression makes smaller: three bytes a pixel. */
export function photo(name: string, width: number, height: number): Made {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  let seed = 1;
  for (let at = 0; at < rows.length; at += 1) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    rows[at] = at % (1 + width * 3) === 0 ? 0 : seed >>> 16;
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))];
  return { name, mimeType: "image/png", buffer: Buffer.concat([signature, ...parts]) };
}

export function pdf(name: string): Made {
  return { name, mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n% Daftar harga\n") };
}

/** A program that calls itself a document. */
export function disguised(name: string): Made {
  return { name, mimeType: "application/pdf", buffer: Buffer.from("MZ\x90\0 not a document", "latin1") };
}
