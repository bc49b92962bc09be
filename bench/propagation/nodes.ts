/**
 * Simulated nodes, many in one process: the real stream source, with a target that only notes when
 * it was given a revision. Started by run.ts, which asks for the times at the end.
 */
import { kinds, schemaLevel } from '@sluice/config';
import { ConfigState } from '../../apps/proxy/src/config/config-state.ts';
import type { ApplyOutcome, ConfigTarget } from '../../apps/proxy/src/config/source.ts';
import { StreamSource } from '../../apps/proxy/src/config/stream-source.ts';

/** When the last of the nodes applied a revision, epoch milliseconds, and how many have. */
export interface Arrival {
  readonly revision: number;
  readonly nodes: number;
  readonly lastAtMs: number;
}

const [port = '', token = '', count = ''] = process.argv.slice(2);
const applied: ApplyOutcome = { applied: true, faults: [], quarantined: [] };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const arrivals = new Map<number, { nodes: number; lastAtMs: number }>();
const states: ConfigState[] = [];

function note(revision: number): ApplyOutcome {
  const arrival = arrivals.get(revision) ?? { nodes: 0, lastAtMs: 0 };
  arrival.nodes++;
  arrival.lastAtMs = performance.timeOrigin + performance.now();
  arrivals.set(revision, arrival);
  return applied;
}

const target: ConfigTarget = { applySnapshot: () => applied, applyDelta: note };
const sources = Array.from({ length: Number(count) }, (_, index) => {
  const state = new ConfigState();
  states.push(state);
  return new StreamSource({
    addresses: [{ host: '127.0.0.1', port: Number(port) }],
    security: () => ({ mode: 'plaintext', allowRemote: false }),
    token,
    nodeId: `bench-${index}`,
    gateway: 'default',
    version: 'bench',
    policies: [],
    kinds,
    schemaLevel,
    report: () => ({ draining: false, targets: [] }),
    target,
    state,
    lastGood: undefined,
    log: silent,
  });
});
for (const source of sources) source.start();

const ready = setInterval(() => {
  if (!states.every(({ revision }) => revision > 0)) return;
  clearInterval(ready);
  process.send?.('ready');
}, 20);

process.on('message', () => {
  process.send?.([...arrivals].map(([revision, arrival]): Arrival => ({ revision, ...arrival })));
});
process.on('disconnect', () => process.exit(0));
