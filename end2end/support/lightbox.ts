// A picture large, on top of the page.
import { type Locator, type Page, expect } from "@playwright/test";

export class Lightbox {
  readonly dialog: Locator;
  readonly picture: Locator;

  constructor(readonly page: Page) {
    this.dialog = page.getByRole("dialog", { name: "Foto" });
    this.picture = this.dialog.getByRole("img");
  }

  button(name: string): Locator {
    return this.dialog.getByRole("button", { name });
  }

  /** Which picture is shown, of how many, and with which caption. */
  async shows(count: string, caption: string): Promise<void> {
    await expect(this.dialog).toBeVisible();
    await expect(this.dialog.locator("[data-part='count']")).toHaveText(count);
    await expect(this.dialog.locator("[data-part='caption']")).toHaveText(caption);
    await expect(this.dialog.locator(".lightbox-stage")).not.toHaveAttribute("aria-busy");
  }

  async isZoomed(percent: number): Promise<void> {
    await expect(this.button("Kembali ke ukuran semula")).toContainText(`${percent} %`);
  }

  /** How wide the picture is on the screen. */
  async width(): Promise<number> {
    return (await this.picture.boundingBox())?.width ?? 0;
  }
}
