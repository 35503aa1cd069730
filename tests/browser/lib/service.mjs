// A service of its own for a journey: on a free port, in a folder of its own, ended by its pid.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// The first admin token of every service here.
export const ADMIN = 'admin-token-of-the-journeys';
// Customers of the demo: more than one page of them.
const CUSTOMERS = '150';
// How long a service may take to greet, in milliseconds: it may have to fill a folder first.
const GREETING_MAX = 240_000;

async function start(words, env) {
  const program = process.env.COHORT_PROGRAM;
  if (!program) throw new Error('COHORT_PROGRAM names no program; run the journeys by tests/browser/run');
  const settings = { PATH: process.env.PATH, RUST_LOG: 'error', COHORT_ADMIN_TOKEN: ADMIN, ...env };
  const child = spawn(program, [...words, '--listen', '127.0.0.1:0'], { env: settings, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((ended) => child.once('exit', ended));
  const lines = createInterface({ input: child.stdout });
  const greeting = new Promise((greeted, failed) => {
    lines.on('line', (line) => {
      const address = line.match(/listens on (http:\/\/[^,]+),/)?.[1];
      if (address) greeted(address);
    });
    child.once('error', failed);
    gone.then((code) => failed(new Error(`cohort ended with ${code} before it greeted`)));
    setTimeout(() => failed(new Error('cohort does not greet')), GREETING_MAX).unref();
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
  };
  try {
    const address = await greeting;
    await ready(address);
    return { address, stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function ready(address) {
  for (;;) {
    const answer = await fetch(`${address}/readyz`);
    if (answer.ok) return;
    await new Promise((later) => setTimeout(later, 20));
  }
}

// Fills a folder with the demo.
export async function fillDemo(folder, customers = CUSTOMERS) {
  const service = await start(['demo', '--users', customers, '--data', folder], {});
  await service.stop();
}

// Starts a service: on an empty folder, or on a copy of the demo. `settings` are variables of its environment.
export async function serve({ demo = false, settings = {} } = {}) {
  const folder = await mkdtemp(join(process.env.COHORT_SCRATCH ?? tmpdir(), 'service-'));
  const data = join(folder, 'data');
  if (demo) await cp(process.env.COHORT_DEMO_FOLDER, data, { recursive: true });
  const { address, stop } = await start(['serve', '--data', data], settings);
  const ask = async (method, path, body) => {
    const headers = { authorization: `Bearer ${ADMIN}`, 'if-match': '*' };
    if (body !== undefined) headers['content-type'] = typeof body === 'string' ? 'text/csv' : 'application/json';
    const content = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const answer = await fetch(address + path, { method, headers, body: content });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const end = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { address, ask, end };
}
