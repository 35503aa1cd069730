// Runs the journeys: fills one folder with the demo, of which each journey serves a copy, and takes everything away again.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fillDemo } from './service.mjs';

// Journeys that run at once, each with a browser and a service of its own.
const AT_ONCE = 2;
// How long one journey may take, in milliseconds: the one through all pages, on a machine that is busy besides.
const JOURNEY_MAX = 480_000;

const here = dirname(fileURLToPath(import.meta.url));
const journeys = join(here, '..', 'journeys');
const asked = process.argv.slice(2).map((name) => `${name}.mjs`);
const all = (await readdir(journeys)).filter((name) => name.endsWith('.mjs')).sort();
const files = (asked.length > 0 ? asked : all).map((name) => join(journeys, name));

const scratch = await mkdtemp(join(tmpdir(), 'cohort-journeys-'));
let code = 1;
try {
  const demo = join(scratch, 'demo');
  await fillDemo(demo);
  const flags = ['--test', '--test-reporter=spec', `--test-concurrency=${AT_ONCE}`, `--test-timeout=${JOURNEY_MAX}`];
  const env = { ...process.env, COHORT_DEMO_FOLDER: demo, COHORT_SCRATCH: scratch };
  const running = spawn(process.execPath, [...flags, ...files], { stdio: 'inherit', env });
  code = await new Promise((ended) => running.on('exit', (status) => ended(status ?? 1)));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.exit(code);
