// What was open is read without a connection, by pages that start without one.
import type { Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, signIn, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";

ariStaysSilent();

/** What the browser keeps of a workspace: whether it has its page, the texts that it heard since, and those of its conversations. */
function kept(page: Page, workspace = "demo"): Promise<{ page: boolean; heard: string[]; threads: Record<string, string[]> }> {
  return page.evaluate(async (workspace) => {
    const answered = <T>(request: IDBRequest<T>) => new Promise<T>((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: fail }));
    const nothing = { page: false, heard: [], threads: {} };
    if (!(await indexedDB.databases()).some(({ name }) => name === "kept")) return nothing;
    const database = await answered(indexedDB.open("kept"));
    const all = (store: string) => answered<any[]>(database.transaction(store).objectStore(store).getAll());
    try {
      const known = (await all("workspaces")).find((one) => one.workspace === workspace);
      const threads = (await all("threads")).filter((one) => one.workspace === workspace);
      const texts = threads.map((one) => [one.conversation, one.page.messages.map((message: { text: string }) => message.text)]);
      const page = (await all("pages")).some((one) => one.workspace === workspace);
      const heard = (await all("frames")).map((one) => one.frame.message?.text ?? "");
      return known ? { page, heard, threads: Object.fromEntries(texts) } : nothing;
    } finally {
      database.close();
    }
  }, workspace);
}

const keepsConversation = (page: Page, id: string) =>
  expect.poll(async () => Object.keys((await kept(page)).threads), { timeout: 30_000, message: "the conversation is kept" }).toContain(id);
const keepsPage = (page: Page) => expect.poll(async () => (await kept(page)).page, { timeout: 30_000, message: "the page is kept" }).toBe(true);

test("what was open is there without a connection, with all that came while it was open; what is written goes out once there is one", async ({ customer, staff, visitor }) => {
  test.setTimeout(120_000);
  const [citra, dewi, eka] = [customer(), customer(), customer()];
  for (const somebody of [citra, dewi, eka]) await somebody.writes(`Halo dari ${somebody.name}`);
  const page = await staff(PEOPLE.owner, "keeps");
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await keepsPage(page);
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  const ofCitra = conversationId(page);
  await keepsConversation(page, ofCitra);
  await inbox.openConversation(dewi.name);
  const ofDewi = conversationId(page);
  await keepsConversation(page, ofDewi);
  // Half written, and known to the server.
  const half = `Sebentar ya (${dewi.waId})`;
  const saved = page.waitForResponse((answer) => answer.url().endsWith("/draft") && answer.ok());
  await inbox.composer.getByRole("textbox").fill(half);
  await saved;
  // Comes while another one is open, and nobody opens it again.
  const late = `Masih ada? (${citra.waId})`;
  await citra.writes(late);
  await expect(inbox.row(citra.name)).toContainText("Masih ada?");
  await expect.poll(async () => (await kept(page)).heard, { timeout: 15_000 }).toContain(late);

  await page.goto("about:blank");
  await page.context().setOffline(true);
  await page.goto(`/demo/inbox/${ofCitra}`);
  await expect(inbox.bubble(late)).toBeVisible();
  await expect(inbox.bubble(`Halo dari ${citra.name}`)).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/demo/inbox/${ofCitra}$`));
  await expect(inbox.list.getByText(/tersimpan di perangkat ini, per hari ini/)).toBeVisible();
  await expect(inbox.row(dewi.name)).toBeVisible();
  await expectNoBarriers(page);
  await inbox.openConversation(dewi.name);
  await expect(inbox.bubble(`Halo dari ${dewi.name}`)).toBeVisible();
  await expect(inbox.composer.getByRole("textbox")).toHaveValue(half);
  // What was never open is not there, and says so.
  await inbox.row(eka.name).click();
  await expect(page.getByText("tidak tersimpan di perangkat ini", { exact: false })).toBeVisible();
  await inbox.row(citra.name).click();
  const reply = `Masih, Kak (${citra.waId})`;
  await inbox.reply(reply);
  await expect(inbox.bubble(reply)).toBeVisible();
  // Loaded once more, all still without a connection.
  await page.reload();
  await expect(inbox.bubble(late)).toBeVisible();
  await expect(inbox.bubble(reply), "what waits is seen, so that nobody writes it again").toHaveCount(1);
  const second = `Ada dua (${citra.waId})`;
  await inbox.reply(second);
  await expect(inbox.bubble(second)).toBeVisible();
  await inbox.row(eka.name).click();
  await expect(page.getByText("tidak tersimpan di perangkat ini", { exact: false })).toBeVisible();

  // In another conversation: in this one it would hold the reply.
  const meanwhile = `Kak? (${dewi.waId})`;
  await dewi.writes(meanwhile);
  await page.context().setOffline(false);
  // By itself.
  await expect(inbox.bubble(`Halo dari ${eka.name}`)).toBeVisible({ timeout: 30_000 });
  await inbox.isLive();
  await inbox.openConversation(dewi.name);
  await expect(inbox.bubble(meanwhile)).toBeVisible({ timeout: 30_000 });
  await expect(inbox.composer.getByRole("textbox")).toHaveValue(half);
  await inbox.openConversation(citra.name);
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(reply)).toBeVisible({ timeout: 30_000 });
  await expect(phone.bubble(second)).toBeVisible({ timeout: 30_000 });
  for (const text of [reply, second]) await expect(phone.bubble(text)).toHaveCount(1);
  const arrived = (await phone.page.getByRole("log").innerText()).match(/Masih, Kak|Ada dua/g);
  expect(arrived).toEqual(["Masih, Kak", "Ada dua"]);
  for (const text of [reply, second]) await expect(inbox.bubble(text)).toContainText("dibaca", { timeout: 30_000 });
  const lived = await inbox.transcript();
  await page.reload();
  await inbox.isLive();
  await expect.poll(() => inbox.transcript()).toEqual(lived);
});

test("an installed inbox starts without a connection where it was left", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner, "keeps");
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await keepsPage(page);
  await page.context().setOffline(true);
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/demo\/inbox$/);
  await expect(inbox.row(citra.name)).toBeVisible();
  const isNotThere = async (path: string) => {
    const other = await page.context().newPage();
    await expect(other.goto(path), path).rejects.toThrow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
    await other.close();
  };
  const again = await page.context().newPage();
  await again.goto("/demo/inbox");
  await expect(new Inbox(again).row(citra.name)).toBeVisible();
  await again.close();
  // Another workspace is not there because this one is.
  await isNotThere("/other/inbox");
  // After a week without the server nobody knows who sits there.
  await page.evaluate(async () => {
    const answered = <T>(request: IDBRequest<T>) => new Promise<T>((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: fail }));
    const database = await answered(indexedDB.open("kept"));
    const store = () => database.transaction("workspaces", "readwrite").objectStore("workspaces");
    const [known] = await answered<any[]>(store().getAll());
    await answered(store().put({ ...known, heard: Date.now() - 7 * 86_400_000 - 1_000 }));
    database.close();
  });
  await isNotThere("/demo/inbox");
  await isNotThere("/dashboard");
});

test("what was kept under other rights, or for somebody else, is not kept any longer", async ({ customer, staff }) => {
  test.setTimeout(120_000);
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner, "keeps");
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const id = conversationId(page);
  await keepsPage(page);
  await keepsConversation(page, id);
  // As if it had been kept when more could be seen: a conversation that cannot be seen now, and the stamp of then.
  const unseen = "01900000-0000-7000-8000-000000000000";
  await page.evaluate(async (unseen) => {
    const answered = <T>(request: IDBRequest<T>) => new Promise<T>((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: fail }));
    const database = await answered(indexedDB.open("kept"));
    const stores = database.transaction(["workspaces", "threads"], "readwrite");
    const [known] = await answered<any[]>(stores.objectStore("workspaces").getAll());
    const [thread] = await answered<any[]>(stores.objectStore("threads").getAll());
    stores.objectStore("workspaces").put({ ...known, rights: "those of then" });
    await answered(stores.objectStore("threads").put({ ...thread, conversation: unseen }));
    database.close();
  }, unseen);
  expect(Object.keys((await kept(page)).threads).sort()).toEqual([id, unseen].sort());
  await page.reload();
  await inbox.isLive();
  await expect.poll(async () => Object.keys((await kept(page)).threads), { timeout: 30_000 }).toEqual([id]);

  await signIn(page, PEOPLE.admin);
  await inbox.open();
  await inbox.isLive();
  await expect.poll(async () => Object.keys((await kept(page)).threads), { timeout: 30_000 }).toEqual([]);
  await keepsPage(page);
});

test("nothing stays behind when somebody signs out or does not want it", async ({ customer, staff }) => {
  test.setTimeout(120_000);
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner, "keeps");
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const id = conversationId(page);
  await keepsPage(page);
  await keepsConversation(page, id);
  const account = page.getByRole("button", { name: inbox.words.account }).first();
  const menu = page.getByRole("dialog", { name: "Akun" });
  await account.click();
  const choice = menu.getByLabel("Simpan di perangkat ini agar bisa dibaca tanpa koneksi");
  await expect(choice).toBeChecked();
  await choice.uncheck();
  await expect.poll(() => kept(page)).toEqual({ page: false, heard: [], threads: {} });
  await choice.check();
  await keepsPage(page);
  await keepsConversation(page, id);
  await choice.uncheck();
  await menu.getByRole("button", { name: "Keluar" }).click();
  await expect(page).toHaveURL(/sign-in|\/$/);
  await signIn(page, PEOPLE.owner);
  await inbox.open();
  await inbox.isLive();
  await account.click();
  await expect(choice, "a machine that others use too stays one").not.toBeChecked();
  await choice.check();
  await keepsPage(page);
  await menu.getByRole("button", { name: "Keluar" }).click();
  await expect(page).toHaveURL(/sign-in|\/$/);
  await expect.poll(() => kept(page)).toEqual({ page: false, heard: [], threads: {} });
  // A session that is over, without anybody signing out.
  await signIn(page, PEOPLE.owner);
  await inbox.open();
  await inbox.isLive();
  await keepsPage(page);
  await page.context().clearCookies();
  await page.goto("/demo/inbox");
  await expect(page).toHaveURL(/sign-in/);
  await expect.poll(() => kept(page)).toEqual({ page: false, heard: [], threads: {} });
  await page.context().setOffline(true);
  await expect(page.goto(`/demo/inbox/${id}`)).rejects.toThrow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
});
