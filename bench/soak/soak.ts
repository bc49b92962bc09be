/**
 * No response ever reaches a client it was not meant for: random exchanges with tagged requests,
 * with pipelining, hanging up on both sides, early responses, resets, unsolicited responses, and a
 * proxy whose event loop is blocked now and then.
 *
 *   npm run build && node --conditions=sluice-source bench/soak/soak.ts [--exchanges 10000000] [--seed 1] [--record]
 *
 * Exits with 1 on the first mismatch. `--record` writes bench/results/soak.md.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { nodeArguments } from '../measure/arm.ts';
import { readOptions } from '../measure/options.ts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../scripts/process/ports.ts';
import { runConnection, Tally } from './client.ts';
import { Random } from './random.ts';

const options = readOptions({
  exchanges: { type: 'string', default: '10000000' },
  seed: { type: 'string', default: '1' },
  connections: { type: 'string', default: '48' },
  workers: { type: 'string', default: '1' },
  record: { type: 'boolean', default: false },
});
const wanted = Number(options.exchanges);
const seed = Number(options.seed);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
const [originPort, proxyPort] = [await freePort(), await freePort()];

const origin = await startOrigin();
const proxy = await startProxy();
const tally = new Tally();
const startedAt = Date.now();
const memoryAtStart = residentMegabytes();
let memoryAtMost = 0;
try {
  const loops = Array.from({ length: Number(options.connections) }, (_, index) =>
    loop(new Random(seed * 1000 + index), 'crowd'),
  );
  loops.push(loop(new Random(seed * 1000 + 999), 'late-poison'));
  const disturbances = disturb(new Random(seed));
  const progress = setInterval(() => {
    memoryAtMost = Math.max(memoryAtMost, residentMegabytes());
    console.log(
      `${tally.exchanges} exchanges, ${tally.mismatches.length} mismatches, ${residentMegabytes()} MiB`,
    );
  }, 10_000);
  await Promise.all(loops);
  clearInterval(progress);
  await disturbances;
} finally {
  proxy.kill('SIGKILL');
  origin.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
const seconds = Math.round((Date.now() - startedAt) / 1000);
const report = [
  '# Soak: every response reaches the client that requested it',
  '',
  `Measured ${new Date().toISOString().slice(0, 10)} by \`node --conditions=sluice-source bench/soak/soak.ts --exchanges ${wanted} --seed ${seed} --connections ${options.connections} --workers ${options.workers}\` in ${seconds} s, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? ''}.`,
  '',
  '| exchanges | received their own response | received a response of the gateway | aborted | **mismatches** | memory MiB, start / most |',
  '|---|---|---|---|---|---|',
  `| ${tally.exchanges} | ${tally.matched} | ${tally.refused} | ${tally.cut} | **${tally.mismatches.length}** | ${memoryAtStart} / ${memoryAtMost} |`,
  '',
].join('\n');
console.log(`\n${report}`);
for (const mismatch of tally.mismatches) console.error(mismatch);
if (options.record) writeFileSync(new URL('../results/soak.md', import.meta.url), report);
process.exit(tally.mismatches.length === 0 && tally.matched > wanted / 2 ? 0 : 1);

async function loop(random: Random, lane: 'crowd' | 'late-poison'): Promise<void> {
  while (tally.exchanges < wanted && tally.mismatches.length === 0) {
    if (proxy.exitCode !== null || origin.exitCode !== null)
      throw new Error(
        `a program ended: proxy ${String(proxy.exitCode)}, origin ${String(origin.exitCode)}\n${readFileSync(join(folder, 'proxy.log'), 'utf8').slice(-2000)}`,
      );
    const before = tally.exchanges;
    await runConnection(proxyPort, random, tally, lane);
    if (tally.exchanges === before) await sleep(10);
  }
}

/**
 * Blocks the proxy's event loop now and then, so that events of both sides arrive together and
 * late.
 */
async function disturb(random: Random): Promise<void> {
  while (tally.exchanges < wanted && tally.mismatches.length === 0 && proxy.exitCode === null) {
    await sleep(200 + random.below(800));
    proxy.kill('SIGSTOP');
    await sleep(5 + random.below(80));
    proxy.kill('SIGCONT');
  }
}

async function startOrigin(): Promise<ChildProcess> {
  const child = fork(new URL('origin.ts', import.meta.url), [String(originPort), String(seed)], {
    execArgv: ['--conditions=sluice-source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

async function startProxy(): Promise<ChildProcess> {
  const health = { failures: 1000, ejectMs: 100 };
  const config = {
    // Two names of one address: connections of the lanes are not shared.
    services: [
      { name: 'crowd', targets: [{ address: `127.0.0.1:${originPort}` }], health },
      { name: 'late', targets: [{ address: `localhost:${originPort}` }], health },
    ],
    routes: [
      { name: 'crowd', paths: ['/soak/*'], service: 'crowd' },
      { name: 'late', paths: ['/soak/late-poison/*'], service: 'late' },
    ],
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const env = {
    ...process.env,
    SLUICE_CONFIG_FILE: join(folder, 'config.json'),
    SLUICE_PROXY_PORT: String(proxyPort),
    SLUICE_STATUS_PORT: '0',
    SLUICE_DATA_DIR: folder,
    SLUICE_ACCESS_LOG: 'off',
  };
  const log = join(folder, 'proxy.log');
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `exec "$@" > "${log}" 2>&1`,
      'sh',
      process.execPath,
      ...nodeArguments,
      join(root, 'apps/proxy/dist/main.js'),
      '--workers',
      options.workers,
    ],
    { env },
  );
  for (let attempt = 0; attempt < 200; attempt++) {
    const status = await fetch(`http://127.0.0.1:${proxyPort}/`, {
      signal: AbortSignal.timeout(1000),
    }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 404) return child;
    await sleep(50);
  }
  throw new Error(`the proxy did not start:\n${readFileSync(log, 'utf8')}`);
}

function residentMegabytes(): number {
  const status = readFileSync(`/proc/${proxy.pid ?? 0}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
