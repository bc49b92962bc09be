import type { Arm } from '../measure/arm.ts';
import { medianOf } from '../measure/statistics.ts';
import { figure, machine, table, today, versions } from '../measure/environment.ts';

/** One way to place workers and load on two cores. */
export interface Setup {
  readonly name: string;
  readonly kind: string;
  readonly arm: Arm;
  readonly workers: number;
  readonly proxyCores: string;
  readonly otherCores: string;
  readonly where: string;
}

export interface WorkersSample {
  readonly requestsPerSecond: number;
  /** Of the node, all its processes, per request. */
  readonly cpuMicroseconds: number;
  /** Of wrk and the origin, per request. */
  readonly loadMicroseconds: number;
  readonly connectionsPerWorker: readonly number[];
  /** How much of the CPU time of all workers the busiest has used, 0 to 1. */
  readonly busiestShare: number;
  /** At a steady rate, the same for all of a kind. */
  readonly steadyMicroseconds: number;
  readonly steadyP50: number;
  readonly steadyP99: number;
}

/** The result as a document that says what its figures mean. */
export function report(
  setups: readonly Setup[],
  samples: ReadonlyMap<string, readonly WorkersSample[]>,
  rates: ReadonlyMap<string, number>,
  run: { readonly rounds: number; readonly seconds: number; readonly connections: number },
): string {
  const of = (name: string, number: (sample: WorkersSample) => number): number =>
    medianOf(samples.get(name), number);
  const rate = (name: string): number => of(name, ({ requestsPerSecond }) => requestsPerSecond);
  const cpu = (name: string): number => of(name, ({ cpuMicroseconds }) => cpuMicroseconds);
  const load = (name: string): number => of(name, ({ loadMicroseconds }) => loadMicroseconds);
  const kinds = [...new Set(setups.map(({ kind }) => kind))];
  const scaling = kinds.map((kind) => {
    const [one, two] = [`${kind}, one`, `${kind}, two`];
    const cost = cpu(one) / cpu(two);
    const even = of(two, ({ busiestShare }) => 1 / (2 * busiestShare));
    // What both cores could do if a request of two workers cost what one of one worker does.
    const possible = 2e6 / (cpu(one) + load(one)) / rate(one);
    return [
      kind,
      figure(cpu(one), 1),
      figure(cpu(two), 1),
      figure(2 * cost, 2),
      figure(even, 2),
      figure(2 * cost * even, 2),
      figure(rate(two) / rate(one), 2),
      figure(possible, 2),
      figure(rate(two) / rate(one) / possible, 2),
    ];
  });
  return [
    '# Two workers against one',
    '',
    `Measured ${today()} by \`node bench/workers/run.ts --rounds ${run.rounds} --seconds ${run.seconds} --connections ${run.connections}\`: interleaved, medians of ${run.rounds} rounds.`,
    `Machine: ${machine()}. Load: wrk, ${run.connections} keep-alive connections; the origin is nginx with 120 bytes of JSON.`,
    `Versions: ${versions(setups.filter(({ kind, name }) => name === `${kind}, alone`).map(({ arm }) => arm))}.`,
    '',
    '## How to read it',
    '',
    'Two workers need two cores, and load and origin need a third, but this machine has two. So twice the throughput cannot be',
    'measured here. The following can be measured; together they show what would keep two workers from twice the throughput of one:',
    '',
    '1. **The cost of a request.** CPU time of the whole node per request, with both cores busy, with one worker and with two. It',
    '   includes the effects of locks, caches, memory and messages between the workers. `2 × cost` is 2 × one / two.',
    '2. **The distribution of connections.** The kernel assigns each new connection to a worker by a hash, and the busiest worker',
    '   limits the node. `evenness` is the mean CPU time of the workers divided by that of the busiest.',
    '3. The product is **the scaling to expect with a core for each worker**. The goal is 1.9.',
    '4. nginx in the same set-up shows the scaling on this machine of two workers that exchange no messages.',
    '5. A check by throughput, with all programs on both cores: the throughput of two workers divided by that of one, and its',
    '   maximum (`possible`): both cores busy with requests that cost as much as with one worker, including load and origin.',
    '',
    table(
      [
        'kind',
        'CPU µs, one',
        'two',
        '2 × cost',
        'evenness',
        '**scaling**',
        'throughput, two / one',
        'possible',
        'share of it reached',
      ],
      scaling,
    ),
    '',
    '## Saturation',
    '',
    table(
      [
        'kind',
        'where',
        'requests / s',
        'CPU µs / request',
        'load and origin, CPU µs / request',
        'connections per worker, each round',
        'busiest worker, % of CPU',
      ],
      setups.map(({ name, kind, where }) => [
        kind,
        where,
        figure(rate(name)),
        figure(cpu(name), 1),
        figure(load(name), 1),
        (samples.get(name) ?? [])
          .map(({ connectionsPerWorker }) => connectionsPerWorker.join(' + '))
          .join(', '),
        figure(of(name, ({ busiestShare }) => busiestShare) * 100),
      ]),
    ),
    '',
    '## The same steady load for all',
    '',
    `Half the throughput of one worker alone on its core: ${kinds.map((kind) => `${kind} ${rates.get(kind) ?? 0}`).join(', ')} requests / s. Under a lower load, each iteration of the`,
    'event loop serves fewer requests, and a request costs more than at saturation.',
    '',
    table(
      ['kind', 'where', 'CPU µs / request', 'p50 / p99 µs'],
      setups.map(({ name, kind, where }) => [
        kind,
        where,
        figure(
          of(name, ({ steadyMicroseconds }) => steadyMicroseconds),
          1,
        ),
        `${figure(of(name, ({ steadyP50 }) => steadyP50))} / ${figure(of(name, ({ steadyP99 }) => steadyP99))}`,
      ]),
    ),
    '',
    '`nginx` is a bare proxy_pass; `bare` is one route without policy and access log; `full` has key-auth of 10,000 keys, a rate limit that the workers',
    'share through the process that started them, metrics, and a JSON access log.',
    '',
  ].join('\n');
}
