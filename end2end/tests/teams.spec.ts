// A workspace and its people: signing up, founding it, inviting somebody into a second browser, changing and ending what they may do.
import type { Page } from "@playwright/test";
import { expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { linkInMail, signUp, somebody } from "../support/people";

/** The member's row in the team's table. */
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

test("a workspace from signing up to the end of a membership", async ({ visitor }) => {
  test.setTimeout(120_000);
  const owner = somebody("Wening");
  const guest = somebody("Tika");

  // Signing up leads to a workspace of one's own.
  const first = await visitor();
  await signUp(first, owner, "/dashboard");
  await expect(first).toHaveURL(/\/onboarding$/);
  await expectNoBarriers(first);
  const workspace = `Toko ${owner.email.match(/\d+/)![0]}`;
  await first.getByLabel("Nama ruang kerja").fill(workspace);
  await first.getByLabel("Zona waktu").selectOption("Asia/Makassar");
  await first.getByRole("button", { name: "Buat" }).click();
  await expect(first).toHaveURL(/\/start$/);
  await expect(first.getByText("0 dari 3 selesai")).toBeVisible();
  await expectNoBarriers(first);
  const slug = new URL(first.url()).pathname.split("/")[1]!;

  // An invitation, accepted in another browser.
  await first.goto(`/${slug}/settings/team`);
  await expectNoBarriers(first);
  await expectNoSidewaysScroll(first);
  const invite = first.getByRole("heading", { name: "Undang anggota" }).locator("..");
  await invite.getByLabel("Nama").fill(guest.name);
  await invite.getByLabel("Email").fill(guest.email);
  await invite.getByRole("button", { name: "Kirim undangan" }).click();
  await expect(first.getByRole("status")).toContainText("7 hari");
  await expect(row(first, guest.email)).toContainText("Menunggu");
  const link = await linkInMail(first.request, guest.email, "invitation");
  const second = await visitor();
  await second.goto(link);
  await expect(second.getByText(workspace)).toBeVisible();
  await expectNoBarriers(second);
  await signUp(second, guest, "/dashboard");
  await expect(second, "joined on the way, with a verified address").toHaveURL(new RegExp(`/${slug}/inbox$`));
  await second.goto(link);
  await expect(second.getByText("sudah diterima")).toBeVisible();

  // What a role forbids says why; another role is felt without signing in anew.
  await second.goto(`/${slug}/settings/team`);
  await expect(second.getByRole("button", { name: "Kirim undangan" })).toHaveAttribute("aria-disabled", "true");
  await expect(second.getByText("pemilik ruang kerja").first()).toBeVisible();
  await second.goto(`/${slug}/inbox`);
  await expect(second.getByText("Tersambung", { exact: true }), "the stream is open").toBeAttached();
  await first.goto(`/${slug}/settings/team`);
  const ended = second.waitForResponse((answer) => answer.url().includes("/api/list_conversations"), { timeout: 10_000 });
  await row(first, guest.email).first().getByRole("combobox").selectOption("admin");
  await row(first, guest.email).first().getByRole("button", { name: "Ubah" }).click();
  await expect(first.getByRole("status")).toBeVisible();
  await ended;
  await arrived(first.request, guest.email, "role_changed");

  // Removed: the stream ends, and so does the session.
  const member = row(first, guest.email).first();
  await member.getByText("Keluarkan", { exact: true }).click();
  await member.getByRole("button", { name: "Ya, keluarkan" }).click();
  await expect(first.getByRole("status")).toContainText("dikeluarkan");
  await expect(row(first, guest.name).filter({ has: first.getByRole("combobox") })).toHaveCount(0);
  await expect(async () => {
    const answer = await second.request.get(`/api/${slug}/events?after=0`);
    expect(answer.status()).toBe(401);
  }).toPass({ timeout: 5_000 });
  await expect(second, "the page that was open leaves by itself").toHaveURL(/\/sign-in/);
  await second.goto(`/${slug}/inbox`);
  await expect(second).toHaveURL(/\/sign-in/);

  // All of it is written down.
  await first.goto(`/${slug}/settings/audit`);
  for (const action of ["workspace.created", "invitation.sent", "member.joined", "member.role_changed", "member.removed"]) {
    await expect(first.locator(`td[title="${action}"]`)).toBeVisible();
  }
  await expectNoBarriers(first);
});

/** A mail of a kind has arrived. */
async function arrived(request: APIRequestContext, to: string, template: string): Promise<void> {
  await expect(async () => {
    const mails = (await (await request.get("/sandbox/mail.json")).json()) as { to: string; template: string }[];
    expect(mails.some((mail) => mail.to === to && mail.template === template)).toBe(true);
  }).toPass({ timeout: 10_000 });
}

test("settings without barriers, for whom they are and for whom not", async ({ staff }) => {
  const owner = await staff("owner@demo.test");
  for (const part of ["", "/whatsapp", "/team", "/roles", "/audit"]) {
    await owner.goto(`/demo/settings${part}`);
    await expect(owner.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoBarriers(owner);
    await expectNoSidewaysScroll(owner);
  }
  const member = await staff("member@demo.test");
  const answer = await member.goto("/demo/settings/whatsapp");
  expect(answer?.status()).toBe(403);
  await expect(member.getByText("workspace:settings").or(member.getByText("Mengubah pengaturan"))).toBeVisible();
});
