// Real Chromium against a demo server that is already running at BASE_URL (`scripts/with-server` starts one).
import { defineConfig, devices } from "@playwright/test";

/** A test talks to this machine only, and Chromium itself to nobody. */
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-pings",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

export default defineConfig({
  testDir: "./tests",
  outputDir: "./test-results",
  // One server, two cores: browsers side by side would only make each other slow.
  workers: 1,
  // A story that passes at the second try has found something, and is named at the end with what it found (`failures.ts`); but a machine that held its breath
  // for a minute is no reason to refuse everything else.
  retries: 1,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["./support/failures.ts"]],
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:3000",
    locale: "id-ID",
    timezoneId: "Asia/Jakarta",
    colorScheme: "light",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: process.getuid?.() === 0 ? ["--no-sandbox", ...QUIET] : QUIET,
    },
  },
  projects: [
    {
      name: "desktop",
      testIgnore: ["**/nojs.spec.ts", "**/phone.spec.ts"],
      use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 } },
    },
    {
      name: "phone",
      testMatch: ["**/phone.spec.ts", "**/a11y.spec.ts"],
      use: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    },
    {
      name: "no-js",
      testMatch: "**/nojs.spec.ts",
      use: { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false },
    },
  ],
});
