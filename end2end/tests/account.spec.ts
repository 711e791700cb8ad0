// A person's own account: signing up through the mail, forgotten passwords, a code generator, a passkey (Chromium's virtual authenticator), sessions.
import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { PASSWORD, type Somebody, linkInMail, signUp as signUpTo, somebody } from "../support/people";

const OTHER_PASSWORD = "hujan di bulan juni";

async function signUp(page: Page, who: Somebody): Promise<void> {
  await signUpTo(page, who, "/account");
  await expect(page.getByRole("heading", { level: 1, name: "Akun saya" })).toBeVisible();
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto("/sign-in?back=/account");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Kata sandi").fill(password);
  await page.getByRole("button", { name: "Masuk", exact: true }).click();
}

/** What a generator app shows (RFC 6238). */
function code(secret: string, at: number): string {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(at / 30_000)));
  const tag = createHmac("sha1", key).update(counter).digest();
  const number = tag.readUInt32BE(tag[19]! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

test("signing up, forgetting the password, and signing in with the new one", async ({ page, visitor }) => {
  const who = somebody("Wening");
  await signUp(page, who);
  await expect(page.getByText(who.email)).toBeVisible();

  const other = await visitor();
  await other.goto("/sign-in");
  await other.getByRole("link", { name: "Lupa kata sandi?" }).click();
  await other.getByLabel("Email").fill(who.email);
  await other.getByRole("button", { name: "Kirim tautan" }).click();
  await expect(other.getByRole("heading", { name: "Periksa email Anda" })).toBeVisible();
  const link = await linkInMail(other.request, who.email, "password_reset");
  await other.goto(link);
  await other.getByLabel("Kata sandi baru").fill(OTHER_PASSWORD);
  await other.getByRole("button", { name: "Simpan kata sandi" }).click();
  await expect(other.getByRole("status")).toContainText("Kata sandi sudah diganti");

  await page.reload();
  await expect(page, "the session that was open has ended").toHaveURL(/sign-in/);
  await signIn(page, who.email, PASSWORD);
  await expect(page.getByRole("alert")).toContainText("belum cocok");
  await signIn(page, who.email, OTHER_PASSWORD);
  await expect(page).toHaveURL(/\/account$/);
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "Tautan ini tidak berlaku" })).toBeVisible();
});

test("a code generator is set up and asked for", async ({ page, visitor }) => {
  const who = somebody("Wening");
  await signUp(page, who);
  const factors = page.getByRole("region", { name: "Verifikasi dua langkah" });
  await factors.getByText("Siapkan aplikasi kode").first().click();
  await factors.locator("form[action='/account/totp/start']").getByLabel("Kata sandi saat ini").fill(PASSWORD);
  await factors.getByRole("button", { name: "Siapkan aplikasi kode" }).click();
  await expect(factors.getByRole("img", { name: "Kode QR" })).toBeVisible();
  await expectNoBarriers(page);
  const address = await factors.getByRole("link", { name: /Buka di aplikasi kode/ }).getAttribute("href");
  const secret = new URL(address!).searchParams.get("secret")!;
  await factors.getByLabel("Kode dari aplikasi").fill(code(secret, Date.now()));
  await factors.getByRole("button", { name: "Aktifkan" }).click();
  const codes = page.getByRole("region", { name: "Simpan kode pemulihan ini" });
  await expect(codes.getByRole("listitem")).toHaveCount(10);
  await expectNoBarriers(page);
  const recovery = (await codes.getByRole("listitem").first().innerText()).trim();
  await codes.getByRole("button", { name: "Sudah saya simpan" }).click();
  await expect(codes).toHaveCount(0);

  const other = await visitor();
  await signIn(other, who.email, PASSWORD);
  await expect(other.getByRole("heading", { name: "Verifikasi dua langkah" })).toBeVisible();
  await other.getByLabel("Kode", { exact: true }).fill("000000");
  await other.getByRole("button", { name: "Lanjutkan" }).click();
  await expect(other.getByRole("alert").first()).toContainText("tidak cocok");
  await other.getByLabel("Kode", { exact: true }).fill(recovery);
  await other.getByRole("button", { name: "Lanjutkan" }).click();
  await expect(other).toHaveURL(/\/account$/);
});

test("a passkey is added and signs in", async ({ browser }) => {
  // A passkey belongs to a name; the server of the tests is reached by number as well.
  const base = (test.info().project.use.baseURL ?? "").replace("127.0.0.1", "localhost");
  const context = await browser.newContext({ baseURL: base });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const who = somebody("Wening");
  await signUp(page, who);
  const form = page.locator("form[data-passkey=register]");
  await form.getByLabel("Nama passkey").fill("Ponsel Wening");
  await form.getByLabel("Kata sandi saat ini").fill("bukan ini");
  await form.getByRole("button", { name: "Tambah passkey" }).click();
  await expect(form.getByRole("alert")).toBeVisible();
  await form.getByLabel("Kata sandi saat ini").fill(PASSWORD);
  await form.getByRole("button", { name: "Tambah passkey" }).click();
  await expect(page.getByRole("status")).toContainText("Passkey sudah ditambahkan");
  await expect(page.getByText("Ponsel Wening", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Keluar" }).click();
  await page.goto("/account");
  await expect(page, "signed out").toHaveURL(/sign-in/);
  await page.getByRole("button", { name: "Masuk dengan passkey" }).click();
  await expect(page).toHaveURL(/\/account$/);

  // The password alone is one step of two now.
  await page.getByRole("button", { name: "Keluar" }).click();
  await signIn(page, who.email, PASSWORD);
  await expect(page.getByRole("heading", { name: "Verifikasi dua langkah" })).toBeVisible();
  await page.getByRole("button", { name: "Masuk dengan passkey" }).click();
  await expect(page).not.toHaveURL(/second/);
  await context.close();
});

test("sessions are seen and ended from another device", async ({ page, visitor }) => {
  const who = somebody("Wening");
  await signUp(page, who);
  const other = await visitor();
  await signIn(other, who.email, PASSWORD);
  await expect(other).toHaveURL(/\/account$/);
  await page.reload();
  const sessions = page.getByRole("region", { name: "Sesi" });
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await sessions.getByRole("button", { name: /^Akhiri sesi/ }).click();
  await expect(page.getByRole("status")).toContainText("Sesi sudah diakhiri");
  await other.reload();
  await expect(other).toHaveURL(/sign-in/);
});

for (const theme of ["light", "dark"] as const) {
  test(`the pages have no barriers, ${theme}`, async ({ page }) => {
    await prefer(page, { theme });
    for (const path of ["/sign-in", "/sign-up", "/sign-up?done=sent", "/sign-up?problem=short", "/forgot", "/reset?token=x", "/verify?token=x", "/sign-in/second"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
    }
    await signUp(page, somebody("Wening"));
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
  });
}
