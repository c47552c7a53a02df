// A folder with files, for as long as a test needs it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Calls `use` with the path of a folder that holds `files`, texts by their names. */
export async function withFiles(files, use) {
  const root = mkdtempSync(join(tmpdir(), "function-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    await use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
