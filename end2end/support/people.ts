// People who sign up themselves, beside those of the demo.
import { type APIRequestContext, type Page, expect } from "@playwright/test";

export const PASSWORD = "kopi tubruk tiga gelas";

export interface Somebody {
  readonly name: string;
  readonly email: string;
}

/** Somebody whom no other test knows by their address. */
export function somebody(name: string): Somebody {
  const number = Math.floor(Math.random() * 1e9);
  return { name, email: `${name.toLowerCase()}-${number}@toko.test` };
}

/** The link in the newest mail of a kind, from the demo's mailbox. */
export async function linkInMail(request: APIRequestContext, to: string, template: string): Promise<string> {
  let link: string | undefined;
  await expect(async () => {
    const mails = (await (await request.get("/sandbox/mail.json")).json()) as { to: string; template: string; text: string }[];
    link = mails.find((mail) => mail.to === to && mail.template === template)?.text.match(/^https?:\S+$/m)?.[0];
    expect(link, `a link in a mail ${template}`).toBeTruthy();
  }).toPass({ timeout: 10_000 });
  const { pathname, search } = new URL(link!);
  return pathname + search;
}

/** Signs up, shows that the address is theirs, and goes on to a page. */
export async function signUp(page: Page, who: Somebody, next: string): Promise<void> {
  await page.goto("/sign-up");
  await page.getByLabel("Nama").fill(who.name);
  await page.getByLabel("Email").fill(who.email);
  await page.getByLabel("Kata sandi").fill(PASSWORD);
  await page.getByRole("button", { name: "Daftar" }).click();
  await expect(page.getByRole("heading", { name: "Periksa email Anda" })).toBeVisible();
  await page.goto(await linkInMail(page.request, who.email, "verify_email"));
  await page.getByRole("button", { name: "Aktifkan akun" }).click();
  await expect(page).not.toHaveURL(/verify/);
  await page.goto(next);
}
