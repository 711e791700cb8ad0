// What browsers keep for good is named by its content, so that after a release nobody goes on with a part of the one before.
import { createHash } from "node:crypto";
import { PEOPLE, expect, test } from "../support/fixtures";

test("a module, and the bundle that imports it, have names that change with their content", async ({ staff }) => {
  const page = await staff(PEOPLE.owner);
  await page.goto("/demo/inbox");
  const paths = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname));
  const bundle = paths.find((path) => /^\/pkg\/[^/]+\.js$/.test(path))!;
  const content = async (path: string) => {
    const answer = await page.request.get(path);
    expect(answer.headers()["cache-control"], path).toContain("immutable");
    return answer.body();
  };
  const code = await content(bundle);
  expect(bundle).toContain(`.${createHash("sha256").update(code).digest("base64url").slice(0, 22)}.js`);
  const imports = code.toString().matchAll(/from\s*["']\.\/snippets\/([^/]+)\/([^"']+)["']/g);
  const imported = [...new Set([...imports].map(([, folder, file]) => `${folder}/${file}`))].sort();
  expect(imported.length).toBeGreaterThan(3);
  const [folder] = imported[0].split("/");
  const hash = createHash("sha256");
  for (const path of imported) {
    expect(path.startsWith(`${folder}/`), "there is one folder").toBe(true);
    hash.update(path.slice(folder.length + 1)).update("\0").update(await content(`/pkg/snippets/${path}`)).update("\0");
  }
  expect(folder).toBe(hash.digest("hex").slice(0, 16));
});
