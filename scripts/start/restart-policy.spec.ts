import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../process/wait-until.ts';
import type { SetupError } from '../process/setup-error.ts';
import { RestartPolicy, type Part } from './restart-policy.ts';

const said: string[] = [];
const part = (name: string): Part => ({ name, logPath: `logs/${name}.log` });
const messages = (givenUp: readonly SetupError[]): string[] =>
  givenUp.map(({ message }) => message);

beforeEach(() => {
  said.length = 0;
  jest.spyOn(console, 'error').mockImplementation((text: unknown) => void said.push(String(text)));
});

afterEach(() => {
  jest.restoreAllMocks();
});

it('restarts a part that crashed, and prints that', async () => {
  const givenUp: SetupError[] = [];
  let starts = 0;
  const restartPolicy = new RestartPolicy(part('Postgres'), (reason) => givenUp.push(reason));
  restartPolicy.useRestart(() => Promise.resolve({ pid: ++starts }));
  restartPolicy.onCrash('Postgres ended.');
  await waitUntil('it runs again', () => said.length === 3);
  expect([starts, givenUp]).toEqual([1, []]);
  expect(said).toEqual([
    '\nPostgres ended.',
    'Starting Postgres again (attempt 1 of 5); the other parts keep running.',
    'Postgres runs again (process 1).',
  ]);
});

it('waits longer before each further start of a part that keeps crashing, and gives up after a few', async () => {
  const givenUp: SetupError[] = [];
  let starts = 0;
  const restartPolicy = new RestartPolicy(part('the proxy'), (reason) => givenUp.push(reason), {
    attempts: 3,
    pauseMs: 20,
  });
  restartPolicy.useRestart(() => Promise.resolve({ pid: ++starts }));
  for (const crash of ['first', 'second', 'third']) {
    restartPolicy.onCrash(crash);
    const soFar = starts + 1;
    await waitUntil(
      'it runs again',
      () => starts === soFar && (said.at(-1) ?? '').includes('runs again'),
    );
  }
  restartPolicy.onCrash('fourth');
  expect(said.at(-1)).toBe('\nfourth');
  expect(messages(givenUp)).toEqual([
    expect.stringMatching(
      /^The proxy is given up after 3 restarts in \d+ s\. The other parts are stopped now\. Its log is logs\/the proxy\.log\.$/,
    ),
  ]);
  expect(said.filter((line) => line.startsWith('Starting'))).toEqual([
    'Starting the proxy again (attempt 1 of 3); the other parts keep running.',
    'Starting the proxy again in 0.02 s (attempt 2 of 3); the other parts keep running.',
    'Starting the proxy again in 0.04 s (attempt 3 of 3); the other parts keep running.',
  ]);
});

it('does not count crashes of a part that ran for a while in between', async () => {
  const givenUp: SetupError[] = [];
  let starts = 0;
  const restartPolicy = new RestartPolicy(part('the proxy'), (reason) => givenUp.push(reason), {
    attempts: 1,
    settleMs: 0,
  });
  restartPolicy.useRestart(() => Promise.resolve({ pid: ++starts }));
  for (let crash = 1; crash <= 4; crash++) {
    restartPolicy.onCrash('again');
    await waitUntil('it runs again', () =>
      said.includes(`The proxy runs again (process ${crash}).`),
    );
  }
  expect(givenUp).toEqual([]);
});

it('tries again when a start fails, and gives up with its fault', async () => {
  const givenUp: SetupError[] = [];
  const fault = new Error('port taken');
  let starts = 0;
  const restartPolicy = new RestartPolicy(part('the proxy'), (reason) => givenUp.push(reason), {
    attempts: 3,
    pauseMs: 1,
  });
  restartPolicy.useRestart(() => (starts++, Promise.reject(fault)));
  restartPolicy.onCrash('ended');
  await waitUntil('it is given up', () => givenUp.length > 0);
  expect(starts).toBe(3);
  expect(messages(givenUp)).toEqual([
    expect.stringMatching(
      /^The proxy is given up after 3 restarts in \d+ s\. .* logs\/the proxy\.log\.\nError: port taken\n/,
    ),
  ]);
});

it('gives up a part that was never started, and leaves alone one that is stopped', async () => {
  const givenUp: SetupError[] = [];
  new RestartPolicy(part('Postgres'), (reason) => givenUp.push(reason)).onCrash('too early');
  const tooEarly = [
    'Postgres ended before the start was complete. The other parts are stopped now. Its log is logs/Postgres.log.',
  ];
  expect(messages(givenUp)).toEqual(tooEarly);
  const stopped = new RestartPolicy(part('Postgres'), (reason) => givenUp.push(reason));
  stopped.useRestart(() => Promise.reject(new Error('must not be started')));
  stopped.stop();
  stopped.onCrash('stopped');
  await new Promise((resolve) => setImmediate(resolve));
  expect(messages(givenUp)).toEqual(tooEarly);
});
