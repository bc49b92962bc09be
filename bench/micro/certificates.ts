/**
 * A thousand certificates on a node: the time to choose one by the server name, and the longest
 * stall of the event loop while they are installed, replaced and used for the first time.
 *
 *   node --conditions=sluice-source bench/micro/certificates.ts [--count 1000] [--write]
 *
 * Everything is real: schemas, runtime, TLS port and handshakes. `--write` records the table in
 * bench/results/certificates.md.
 */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { resourceSchemas, type Resource } from '@sluice/config';
import { ProxyFixture } from '../../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { SlicedTarget } from '../../apps/proxy/src/runtime/sliced-target.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import type { TestCertificate } from '../../packages/testkit/src/certificates.ts';
import { readOptions } from '../measure/options.ts';

const values = readOptions({
  count: { type: 'string', default: '1000' },
  write: { type: 'boolean', default: false },
});
const count = Number(values.count);
const authority = await createTestAuthority();
const pairs: TestCertificate[] = [];
for (let at = 0; at < count + 100; at++)
  pairs.push(await authority.issue({ names: [`c${at % count}.test`, `*.c${at % count}.test`] }));

const gateway: Resource = {
  kind: 'gateway',
  id: 'gateway',
  spec: resourceSchemas.gateway.parse({ name: 'default' }),
};
const certificate = (at: number, { cert, key }: TestCertificate): Resource<'certificate'> => ({
  kind: 'certificate',
  id: `certificate-${at}`,
  spec: resourceSchemas.certificate.parse({
    name: `c${at}`,
    certificate: cert,
    key,
    gateways: ['gateway'],
  }),
});

interface Measured {
  readonly tookMs: number;
  /** The longest turn of the event loop, in CPU time: other programs do not lengthen it. */
  readonly stallMs: number;
}

/** CPU time of this thread, milliseconds. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Runs an action and measures the longest time in which no other callback could run. */
async function stallOf(act: () => unknown): Promise<Measured> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  let stallMs = 0;
  let isOver = false;
  let lastMs = cpuMs();
  const tick = (): void => {
    const nowMs = cpuMs();
    stallMs = Math.max(stallMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const startedMs = performance.now();
  await act();
  const tookMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, 10));
  isOver = true;
  return { tookMs, stallMs };
}

const proxy = await ProxyFixture.start({ tls: true });
await proxy.target.applySnapshot(1, [gateway]);
const target = new SlicedTarget(proxy.target);
const all = pairs.slice(0, count).map((pair, at) => certificate(at, pair));
let revision = 1;
/** Clients run in a thread of their own: their work is none of the node's. */
const client = new Worker(
  `const { parentPort, workerData } = require('node:worker_threads');
   const { connect } = require('node:tls');
   parentPort.on('message', (servername) => {
     const socket = connect({ host: '127.0.0.1', servername, ...workerData });
     socket.once('secureConnect', () => { socket.destroy(); parentPort.postMessage(servername); });
   });`,
  { eval: true, workerData: { port: proxy.port, ca: authority.ca } },
);
const handshake = async (servername: string): Promise<void> => {
  client.postMessage(servername);
  await once(client, 'message');
};

const rows: [string, Measured][] = [];
const idle = await stallOf(() => new Promise((resolve) => setTimeout(resolve, 500)));
rows.push(['nothing, for comparison', idle]);
const installed = await stallOf(() => target.applyDelta(++revision, all));
rows.push([`one delta with all ${count}`, installed]);
rows.push([
  'a snapshot with all of them, unchanged',
  await stallOf(() => target.applySnapshot(++revision, [gateway, ...all])),
]);
await handshake('c0.test');
const rotated: Measured[] = [];
for (let turn = 0; turn < 100; turn++) {
  const change = certificate(turn, pairs[count + turn] as TestCertificate);
  rotated.push(
    await stallOf(async () => {
      await target.applyDelta(++revision, [change]);
      await handshake(`c${turn}.test`);
    }),
  );
}
rotated.sort((a, b) => a.stallMs - b.stallMs);
rows.push(['one of them replaced and its first handshake, median', rotated[50] as Measured]);
rows.push(['the same, worst of 100', rotated[99] as Measured]);

const certificates = proxy.target.tls.serverCertificates;
const names = Array.from({ length: 3_000 }, (_, at) =>
  [`c${at % count}.test`, `x.c${at % count}.test`, `unknown${at}.test`].at(at % 3),
) as string[];
const { ServerCertificates } = await import('../../apps/proxy/src/listener/server-certificates.ts');
const { CertificateIndex } = await import('../../apps/proxy/src/listener/certificate-index.ts');
const files = new CertificateIndex();
const chosen = new ServerCertificates({ files: () => files, resources: () => certificates });
const selections: number[] = [];
for (let turn = 0; turn < 200; turn++) {
  const startedMs = performance.now();
  for (const name of names) chosen.select(name, Date.now());
  selections.push(((performance.now() - startedMs) / names.length) * 1_000);
}
selections.sort((a, b) => a - b);
await client.terminate();
await proxy.stop();

const lines = [
  '# A thousand certificates',
  '',
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores.`,
  '`node --conditions=sluice-source bench/micro/certificates.ts --write`',
  '',
  `Choosing one of ${count} by server name (a third each exact, wildcard and unknown): ${(selections[100] as number).toFixed(2)} µs (median), ${(selections[199] as number).toFixed(2)} µs (slowest of 200 rounds of 3,000).`,
  '',
  '| | takes, ms | longest turn of the event loop, ms of CPU |',
  '|---|---|---|',
  ...rows.map(
    ([what, { tookMs, stallMs }]) => `| ${what} | ${tookMs.toFixed(1)} | ${stallMs.toFixed(1)} |`,
  ),
];
console.log(lines.join('\n'));
if (values.write)
  writeFileSync(new URL('../results/certificates.md', import.meta.url), `${lines.join('\n')}\n`);
