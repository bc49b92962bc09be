import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPolicyCatalogue } from '@sluice/config';
import { errorMessage } from '@sluice/errors';
import { checkLatin1 } from '@sluice/http1';
import { createLogger, surviveUncaughtExceptions, type Logger } from '@sluice/telemetry';
import { parseArguments, type Arguments } from './arguments.ts';
import { helpText, readEnv, settingWarnings, workerEnvironment, type Env } from './env.ts';
import { makeStringMethodsFast } from './fast-string-methods.ts';
import { LimitNotes } from './limits/limit-notes.ts';
import { logCertificates, readNodeCertificates } from './node/certificate-files.ts';
import { ProxyNode } from './node/node.ts';
import { renewCertificates } from './node/renew-certificates.ts';
import { NodeSignals, type Rereadable } from './node/signals.ts';
import { severalWorkers, singleProcess, type Traffic } from './node/traffic.ts';
import { nodePolicies } from './runtime/node-policies.ts';
import { Serving } from './node/serving.ts';
import { claimPort } from './workers/claim-port.ts';
import { WorkerFleet } from './workers/fleet.ts';
import { RemoteLimitStore } from './workers/remote-limit-store.ts';
import { joinNode, limitQuestions, obeyNodeOnly } from './workers/worker.ts';

const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

async function main(given: Arguments): Promise<void> {
  if (given.worker !== undefined) obeyNodeOnly();
  const signals = given.worker === undefined ? new NodeSignals() : undefined;
  makeStringMethodsFast();
  checkLatin1();
  const env = readEnv();
  const logger = createLogger({ name: 'sluice-proxy', level: env.SLUICE_LOG_LEVEL });
  const processLogger =
    given.worker === undefined ? logger : logger.child({ worker: given.worker });
  surviveUncaughtExceptions((fields, message) => processLogger.error(fields, message));
  if (given.worker !== undefined) return runWorker(env, given.worker, given.workers, processLogger);
  for (const warning of settingWarnings()) logger.warn(warning);
  const known = await nodePolicies(env.SLUICE_POLICIES_DIR);
  const policies = [...known.keys()];
  const catalogue = createPolicyCatalogue([...known.values()].map(({ schema }) => schema));
  const traffic = await takeTraffic(given.workers, env, logger);
  const node = new ProxyNode({ env, version, logger, traffic, policies, catalogue });
  // Certificates come before the configuration file, which may refer to them.
  const rereadables = [...certificatesOf(env, traffic, logger), ...node.rereadables];
  signals?.actOn({
    logger,
    rereadables,
    stopMs: env.SLUICE_DRAIN_MS + 5_000,
    stop: () => node.stop(),
  });
  await node.start();
}

async function takeTraffic(workers: number, env: Env, logger: Logger): Promise<Traffic> {
  const { SLUICE_TLS_PORT: tlsPort } = env;
  const certificates = readNodeCertificates(env);
  logCertificates(certificates, logger);
  if (workers > 1) {
    const program = fileURLToPath(new URL('main.js', import.meta.url));
    await claimPort(env.SLUICE_PROXY_PORT, env.SLUICE_PROXY_HOST);
    if (tlsPort !== undefined) await claimPort(tlsPort, env.SLUICE_PROXY_HOST, 'SLUICE_TLS_PORT');
    const fleet = new WorkerFleet({
      size: workers,
      program,
      env: workerEnvironment(env),
      port: env.SLUICE_PROXY_PORT,
      tlsPort,
      certificates,
      logger,
    });
    await fleet.start();
    return severalWorkers(fleet);
  }
  const serving = await Serving.create({ env, version, logger });
  serving.setCertificates(certificates);
  return singleProcess(serving, { port: env.SLUICE_PROXY_PORT, tlsPort });
}

async function runWorker(
  env: Env,
  worker: number,
  processes: number,
  logger: Logger,
): Promise<void> {
  const notes = new LimitNotes(logger);
  const limits =
    env.REDIS_URL === undefined
      ? new RemoteLimitStore(limitQuestions(), (available, reason) => notes.node(available, reason))
      : undefined;
  const counted = limits === undefined ? {} : { limits };
  const serving = await Serving.create({
    env,
    version,
    logger,
    processes,
    isFirst: worker === 0,
    ...counted,
  });
  joinNode(serving, limits);
}

function certificatesOf(env: Env, traffic: Traffic, logger: Logger): Rereadable[] {
  if (env.SLUICE_TLS_PORT === undefined && env.SLUICE_CLIENT_CERT_DIR === undefined) return [];
  return [{ what: 'certificates', read: () => renewCertificates(env, traffic, logger) }];
}

function fail(fault: unknown): never {
  process.stderr.write(`sluice-proxy: ${errorMessage(fault)}\n`);
  process.exit(1);
}

/** Runs the command line. The signal handlers of this process are installed when it returns. */
export function run(): void {
  try {
    const given = parseArguments(process.argv.slice(2));
    if (given.help) process.stdout.write(helpText());
    else if (given.version) process.stdout.write(`${version}\n`);
    else main(given).catch(fail);
  } catch (fault) {
    fail(fault);
  }
}
