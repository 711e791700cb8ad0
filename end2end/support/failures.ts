// A Playwright reporter: writes the stories that failed, or passed at the second try only, and why in a few lines each, to FAILURES, so that `scripts/e2e` can
// say them last. What is said last is what remains of a long output.
import { writeFileSync } from "node:fs";
import type { FullResult, Reporter, Suite } from "@playwright/test/reporter";

/** Playwright colours its messages also for a file. */
const COLOURS = /\u001b\[[0-9;]*m/g;

export default class Failures implements Reporter {
  private stories: Suite | undefined;

  onBegin(_: unknown, stories: Suite) {
    this.stories = stories;
  }

  onEnd(_: FullResult) {
    const lines = (this.stories?.allTests() ?? [])
      .filter((story) => ["unexpected", "flaky"].includes(story.outcome()))
      .map((story) => {
        const { file, line } = story.location;
        const error = story.results.find((result) => result.error)?.error;
        const how = story.outcome() === "flaky" ? "at the second try only: " : "";
        const at = error?.location ? ` (${error.location.file.split("/").pop()}:${error.location.line})` : "";
        const why = (error?.message ?? "no reason given").replaceAll(COLOURS, "").split("\n").filter((text) => text.trim()).slice(0, 6);
        return `${how}${file.split("/").pop()}:${line} ${story.titlePath().slice(3).join(" › ")}${at}\n${why.map((text) => `    ${text}`).join("\n")}\n`;
      });
    if (process.env.FAILURES && lines.length > 0) writeFileSync(process.env.FAILURES, lines.join(""), { flag: "a" });
  }
}
