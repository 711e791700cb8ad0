// The stories of signing in through Clerk, against its stand-in at CLERK_JWT_ISSUER_DOMAIN (`scripts/with-clerk` starts it).
import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

export default defineConfig({
  ...base,
  testDir: "./clerk",
  projects: (base.projects ?? []).filter((project) => project.name === "desktop"),
});
