import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Revival } from './revival.ts';

const said: string[] = [];

beforeEach(() => {
  said.length = 0;
  jest.spyOn(console, 'error').mockImplementation((text: unknown) => void said.push(String(text)));
});

afterEach(() => {
  jest.restoreAllMocks();
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('starts a part again that crashed, and says so', async () => {
  const givenUp: unknown[] = [];
  let starts = 0;
  const revival = new Revival('Postgres', (reason) => givenUp.push(reason));
  revival.useRestart(() => Promise.resolve(void starts++));
  revival.onCrash('Postgres ended.');
  await settled();
  expect([starts, givenUp]).toEqual([1, []]);
  expect(said).toEqual(['\nPostgres ended.\nThe proxy serves on. Starting Postgres again.', 'Postgres runs again.']);
});

it('gives up on a part that crashes again soon, but not on one that ran for a while', async () => {
  const givenUp: unknown[] = [];
  const impatient = new Revival('Postgres', (reason) => givenUp.push(reason));
  impatient.useRestart(() => Promise.resolve());
  impatient.onCrash('first');
  await settled();
  impatient.onCrash('second');
  expect(givenUp).toEqual(['second']);

  const patient = new Revival('Postgres', (reason) => givenUp.push(reason), 0);
  patient.useRestart(() => Promise.resolve());
  patient.onCrash('first');
  patient.onCrash('second');
  await settled();
  expect(givenUp).toEqual(['second']);
});

it('gives up when it was never started, or cannot be started again', async () => {
  const givenUp: unknown[] = [];
  new Revival('Postgres', (reason) => givenUp.push(reason)).onCrash('too early');
  const revival = new Revival('Postgres', (reason) => givenUp.push(reason));
  const fault = new Error('port taken');
  revival.useRestart(() => Promise.reject(fault));
  revival.onCrash('ended');
  await settled();
  expect(givenUp).toEqual(['too early', fault]);
});
