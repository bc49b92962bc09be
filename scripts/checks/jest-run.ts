import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runStep } from './step.ts';

/** What a run of jest came to. */
export type JestCount = { readonly passed: number; readonly failed: number; readonly remarks: readonly string[] };

type JestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numTotalTestSuites: number;
};

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const run = promisify(execFile);

function jest(root: string): string[] {
  return [...flags, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
}

/** Lists the spec files, relative to the root, that the arguments select. */
export async function listSpecs(root: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await run(process.execPath, [...jest(root), '--listTests', ...args], { cwd: root, timeout: 60_000, maxBuffer: 16_000_000 });
  return stdout
    .split('\n')
    .filter((line) => line.endsWith('.spec.ts'))
    .map((path) => path.slice(root.length).replaceAll('\\', '/').replace(/^\//, ''));
}

/**
 * Runs spec files and counts. A file that cannot be loaded counts as a failure, and so does each test that is skipped, unless
 * the arguments select tests by name: tests run, or they are removed.
 */
export async function runSpecs(root: string, name: string, specs: readonly string[], args: readonly string[], env: Readonly<Record<string, string>>, timeoutMs: number): Promise<JestCount> {
  const reportFile = join(root, '.cache', `jest-${process.pid}.json`);
  mkdirSync(dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const { isPassed, output } = await runStep({
    name,
    command: process.execPath,
    args: [...jest(root), ...args, '--json', `--outputFile=${reportFile}`, '--runTestsByPath', ...specs.map((spec) => join(root, spec))],
    env,
    timeoutMs,
    isLive: true,
  });
  try {
    return count(JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport, { isPassed, output, isSelection: args.some((arg) => /^(-t|--testNamePattern)/.test(arg)) });
  } catch {
    return { passed: 0, failed: 1, remarks: [`${name}: jest ended without a result. ${output}`] };
  } finally {
    rmSync(reportFile, { force: true });
  }
}

/** Counts what jest reported. Exported for its spec. */
export function count(report: JestReport, run: { readonly isPassed: boolean; readonly output: string; readonly isSelection: boolean }): JestCount {
  const remarks: string[] = [];
  let failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (report.numRuntimeErrorTestSuites > 0) remarks.push(`${report.numRuntimeErrorTestSuites} spec files could not be loaded.`);
  if (skipped > 0 && !run.isSelection) {
    failed += skipped;
    remarks.push(`${skipped} tests were skipped. A test runs, or it is removed.`);
  }
  if (report.numPassedTests + failed === 0) {
    failed = 1;
    remarks.push('No test ran.');
  }
  if (!run.isPassed && failed === 0) {
    failed = 1;
    remarks.push(run.output === '' ? 'All tests passed, but jest did not end well: something they started is still running.' : run.output);
  }
  return { passed: report.numPassedTests, failed, remarks };
}
