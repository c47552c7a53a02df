// `realpath` of files in folders that the host opened: a sandbox does not have the folders above those, at which the
// library begins to ask.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";

const { realpath, realpathSync } = fs;
const { realpath: realpathPromised } = fs.promises;

fs.realpathSync = Object.assign((path, options) => orItself(path, () => realpathSync(path, options)), {
  native: (path, options) => orItself(path, () => realpathSync(path, options)),
});
fs.realpath = Object.assign(
  (path, ...values) => {
    const callback = values.pop();
    realpath(path, ...values, (error, found) => {
      if (error && isThere(path)) callback(null, resolve(String(path)));
      else callback(error, found);
    });
  },
  { native: (path, ...values) => fs.realpath(path, ...values) },
);
fs.promises.realpath = async (path, options) => {
  try {
    return await realpathPromised(path, options);
  } catch (error) {
    if (isThere(path)) return resolve(String(path));
    throw error;
  }
};
syncBuiltinESMExports();

function orItself(path, ask) {
  try {
    return ask();
  } catch (error) {
    if (isThere(path)) return resolve(String(path));
    throw error;
  }
}

function isThere(path) {
  return fs.existsSync(path);
}
