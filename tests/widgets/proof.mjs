// What the checks share: a folder of modules, what lstm_core computes, what differs.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
export const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
export const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
export const fixtures = read("fixtures.json");

const wrong = [];
const worst = {};
export const fault = (sentence) => wrong.push(sentence);

// Entries agree to a share of the expected one, or of the largest of its list, at least
// to what is `least`.
export function compare(what, where, got, expected, share, whole = 0, least = 0) {
  if (got?.length !== expected.length) return fault(`${where}: ${got?.length} entries`);
  const top = whole * Math.max(0, ...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const size = Math.max(Math.abs(value), top, least);
    const error = Math.abs(got[k] - value);
    worst[what] = Math.max(worst[what] ?? 0, size ? error / size : 0);
    if (!(error <= share * size)) fault(`${where}[${k}]: ${got[k]} for ${value}`);
  });
}

export function same(where, got, expected) {
  const [mine, theirs] = [got, expected].map((one) => JSON.stringify(one));
  if (mine !== theirs) fault(`${where}: ${mine} for ${theirs}`);
}

// Gives exports by name; those that are never asked for are unproved.
const known = new Set();
const used = new Set(["SPEC", "default"]);
export function proving(...modules) {
  const all = Object.assign({}, ...modules);
  for (const name of Object.keys(all)) known.add(name);
  return (name) => {
    used.add(name);
    return all[name];
  };
}

export function report(more = {}) {
  const unproved = [...known].filter((name) => !used.has(name));
  const found = { wrong: wrong.slice(0, 20), count: wrong.length, worst, unproved };
  console.log(JSON.stringify({ ...found, ...more }));
}
