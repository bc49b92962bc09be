import { describe, expect, it } from '@jest/globals';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';
import { runStep, type StepResult } from './step.ts';

function program(source: string, timeoutMs = 10_000): Promise<StepResult> {
  return runStep({
    name: 'sample',
    command: process.execPath,
    args: ['-e', source],
    env: { SAMPLE: 'given' },
    timeoutMs,
  });
}

describe('a step', () => {
  it('passes with exit code 0 and keeps what was said, with the environment it was given', async () => {
    const result = await program('console.log(process.env.SAMPLE); console.error("aside");');
    expect(result).toMatchObject({ isPassed: true });
    expect(result.output.split('\n').sort()).toEqual(['aside', 'given']);
  });

  it('fails with any other exit code', async () => {
    expect(await program('console.log("why"); process.exitCode = 2;')).toMatchObject({
      isPassed: false,
      output: 'why',
    });
  });

  it('fails when it takes too long, and nothing of it is left', async () => {
    const result = await program('console.log(process.pid); setInterval(() => {}, 1000);', 600);
    expect(result.isPassed).toBe(false);
    expect(result.output).toMatch(/^\d+\n\nsample did not end within 0\.6 s\.$/);
    await waitUntil(
      'the program is gone',
      () => identifyProcess(Number.parseInt(result.output, 10)) === undefined,
    );
  });

  it('fails when it cannot be started or is killed', async () => {
    const missing = await runStep({
      name: 'ghost',
      command: '/nonexistent/ghost',
      args: [],
      timeoutMs: 5_000,
    });
    expect(missing).toMatchObject({
      isPassed: false,
      output: expect.stringContaining('ghost could not be started'),
    });
    expect(await program('process.kill(process.pid, "SIGKILL")')).toMatchObject({
      isPassed: false,
      output: 'sample was ended by SIGKILL.',
    });
  });
});
