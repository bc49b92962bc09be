/**
 * Runs `npm test`: the static checks, the build, and all tests on a real Postgres and a real Redis.
 * `npm test -- <pattern>` runs only the spec files whose path matches; other arguments go to jest.
 *
 * A failure does not stop the rest, so that one run reports everything. The last line counts steps
 * and tests: `N passed, N failed`.
 */
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments/test.mjs';
import { countSpecs, runSpecs, type SpecGroup } from './checks/jest-run.ts';
import { buildStep, generatedStep, staticSteps } from './checks/static-steps.ts';
import { runStep, type Step } from './checks/step.ts';
import { startTestServices, type TestServices } from './embedded/test-services.ts';
import { SetupError, describeFailure } from './process/setup-error.ts';
import { untilAskedToStop } from './process/stop-request.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
const args = process.argv.slice(2);
const total = { passed: 0, failed: 0 };

const { help, fault } = readArguments(args);
if (help !== undefined || fault !== undefined) {
  if (fault === undefined) process.stdout.write(help ?? '');
  else console.error(fault);
  process.exit(fault === undefined ? 0 : 1);
}

void untilAskedToStop().then((reason) => {
  console.log(`\nInterrupted (${reason}).`);
  // Everything this process started runs under a watchdog and ends with it.
  process.exit(130);
});

try {
  await runAll();
} catch (error) {
  tally(false);
  console.log(describeFailure(error));
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

async function runAll(): Promise<void> {
  const specs = await countSpecs(root, args);
  if (specs.endToEnd + specs.others === 0)
    throw new SetupError(
      args.length === 0 ? 'There are no spec files.' : `No spec file matches: ${args.join(' ')}`,
    );

  if (args.length === 0) for (const step of staticSteps(root)) await perform(step);
  let isBuilt = true;
  if (args.length === 0 || specs.endToEnd > 0) isBuilt = await perform(buildStep(root));
  if (args.length === 0 && isBuilt) await perform(generatedStep(root));

  const services = await startServices();
  try {
    if (specs.others > 0)
      await runGroup(
        { name: 'unit and integration tests', isEndToEnd: false, timeoutMs: 1_800_000 },
        specs.others,
        services,
      );
    if (specs.endToEnd === 0) return;
    if (isBuilt)
      await runGroup(
        { name: 'end-to-end tests', isEndToEnd: true, timeoutMs: 1_200_000 },
        specs.endToEnd,
        services,
      );
    else refuse('end-to-end tests', 'They run what is built, and the build failed.');
  } finally {
    await services.stop();
  }
}

async function startServices(): Promise<TestServices> {
  const startedAtMs = performance.now();
  begin('Postgres and Redis');
  const notices: string[] = [];
  try {
    const services = await startTestServices((line) => notices.push(line));
    end(true, (performance.now() - startedAtMs) / 1000, notices.join('\n'));
    return services;
  } catch (error) {
    end(false, (performance.now() - startedAtMs) / 1000, '');
    throw error;
  }
}

async function runGroup(group: SpecGroup, files: number, services: TestServices): Promise<void> {
  console.log(`\n${group.name}: ${files} files`);
  const { passed, failed, remarks } = await runSpecs(root, group, args, services.env);
  total.passed += passed;
  total.failed += failed;
  for (const remark of remarks) console.log(remark);
}

async function perform(step: Step): Promise<boolean> {
  begin(step.name);
  const { isPassed, seconds, output } = await runStep(step);
  end(isPassed, seconds, isPassed ? '' : output);
  tally(isPassed);
  return isPassed;
}

function refuse(name: string, reason: string): void {
  begin(name);
  end(false, 0, reason);
  tally(false);
}

function begin(name: string): void {
  process.stdout.write(name.padEnd(22));
}

function end(isPassed: boolean, seconds: number, details: string): void {
  console.log(`${isPassed ? 'passed' : 'FAILED'} ${seconds.toFixed(1).padStart(7)} s`);
  if (details !== '') console.log(`${details}\n`);
}

function tally(isPassed: boolean): void {
  if (isPassed) total.passed += 1;
  else total.failed += 1;
}
