/**
 * Policies that call HTTP services, while those are slow, dead, hanging, huge, redirecting or
 * closing half-way: answers, counters, connections, timers and memory over many requests.
 *
 *   node --expose-gc --conditions=sluice-source bench/soak/policy-calls.ts [--record]
 *
 * Ends with status 1 when something is left, or the heap has grown by more than 16 MiB between a
 * tenth of the requests and the end. `--record` writes bench/results/policy-calls.md.
 */

import { writeFileSync } from 'node:fs';
import { soakPolicyCalls } from '../../apps/proxy/src/host/testing/policy-call-soak.ts';
import { machine, today } from '../measure/environment.ts';
import { readOptions, wholeNumber } from '../measure/options.ts';

const values = readOptions({
  requests: { type: 'string', default: '100000' },
  record: { type: 'boolean', default: false },
});
const requests = wholeNumber('--requests', values.requests ?? '', 100, 10_000_000);
const startedAtMs = performance.now();
const report = await soakPolicyCalls(requests);
const seconds = Math.round((performance.now() - startedAtMs) / 1_000);

const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);
const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

const grownBytes = report.heap[1] - report.heap[0];
const faults = [
  sum(report.statuses) === requests ? '' : 'not every request was answered',
  sum(report.outcomes) === requests ? '' : 'not every call was counted',
  sum(report.records) === requests ? '' : 'not every record was counted',
  report.socketsLeft === 0 ? '' : `${report.socketsLeft} connections are left`,
  grownBytes < 16 * 1_048_576 ? '' : `the heap has grown by ${mebibytes(grownBytes)} MiB`,
].filter((fault) => fault !== '');

const text = `# Policies that call HTTP services which fail

Measured ${today()} by \`node --expose-gc --conditions=sluice-source bench/soak/policy-calls.ts --requests ${requests}\` in ${seconds} s, Node ${process.version}, ${machine()}.

One request in five meets a service that hangs, trickles, redirects, floods, sends a huge head, half a response or half a head, closes, answers with something that is not HTTP, with 500 or with 403. external-auth has a time-out of 100 ms and 16 connections; http-log logs every request to the same service.

| | |
|---|---|
| requests, by status | ${list(report.statuses)} |
| calls of external-auth, by outcome | ${list(report.outcomes)} |
| records of http-log, by result | ${list(report.records)} |
| slowest request | ${Math.round(report.slowestMs)} ms |
| connections to the service: most, left at the end | ${report.mostSockets}, ${report.socketsLeft} |
| timers before, after | ${report.timers.join(', ')} |
| heap in use after a tenth, at the end | ${report.heap.map(mebibytes).join(', ')} MiB |
`;
console.log(text);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else if (values.record === true)
  writeFileSync(new URL('../results/policy-calls.md', import.meta.url), text);
