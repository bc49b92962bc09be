import { isKind, kinds } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { exposition, metricsFormatFor, metricsMediaTypes } from '@sluice/telemetry';
import { configDump } from './config-dump.ts';
import type { DumpFilter } from './config-dump.ts';
import type { NodeStatus } from './node-status.ts';

/** The response of a page. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Iterable<string>;
}

/** The parts of the request that a page uses. */
interface PageRequest {
  readonly parameters: URLSearchParams;
  readonly accept: string | undefined;
}

type Page = (node: NodeStatus, request: PageRequest) => Answer | Promise<Answer>;

const json = { 'content-type': 'application/json' };

const answerJson = (
  status: number,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { ...json, ...headers },
  content: [`${JSON.stringify(value)}\n`],
});

function readyz(node: NodeStatus): Answer {
  const readiness = node.readiness();
  if (!readiness.ready)
    return answerJson(
      503,
      { status: 'not-ready', reason: readiness.reason },
      { 'retry-after': '1' },
    );
  const { revision, configAgeSeconds, source, lastError, lastGoodError, quarantined, tlsError } =
    readiness;
  return answerJson(200, {
    status: 'ready',
    revision,
    configAgeSeconds,
    source,
    ...(lastError === '' ? {} : { lastError }),
    ...(lastGoodError === '' ? {} : { lastGoodError }),
    ...(quarantined === 0 ? {} : { quarantined }),
    ...(tlsError === undefined ? {} : { tlsError }),
  });
}

async function metrics(node: NodeStatus, { accept }: PageRequest): Promise<Answer> {
  const format = metricsFormatFor(accept);
  const content = exposition(await node.metrics(), format);
  return {
    status: 200,
    headers: { 'content-type': metricsMediaTypes[format], vary: 'accept' },
    content,
  };
}

/**
 * Reads `?kind=` and `?name=`. Throws a GatewayError for an unknown or repeated parameter or an
 * unknown kind.
 */
function dumpFilter(parameters: URLSearchParams): DumpFilter {
  for (const parameter of parameters.keys()) {
    if (parameter !== 'kind' && parameter !== 'name') {
      throw new GatewayError('unknown_parameter', {
        detail: `"${parameter}" is not known here: use kind or name`,
      });
    }
    if (parameters.getAll(parameter).length > 1) {
      throw new GatewayError('unknown_parameter', {
        detail: `"${parameter}" is given twice: give it once`,
      });
    }
  }
  const kind = parameters.get('kind') ?? undefined;
  if (kind !== undefined && !isKind(kind)) {
    throw new GatewayError('validation_failed', {
      detail: `"${kind}" is no kind of resource: use one of ${kinds.join(', ')}`,
    });
  }
  return { kind, name: parameters.get('name') ?? undefined };
}

async function config(node: NodeStatus, { parameters }: PageRequest): Promise<Answer> {
  const filter = dumpFilter(parameters);
  return { status: 200, headers: json, content: configDump(await node.config(), filter) };
}

/** The public keys of the gateway; caches may keep them for half of the time before a new one is used. */
function keys(node: NodeStatus): Answer {
  return answerJson(200, node.keys(), {
    'content-type': 'application/jwk-set+json',
    'cache-control': 'public, max-age=300',
  });
}

/** Every page of the status server, by path. */
export const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  // A response shows that the event loop runs.
  ['/livez', () => answerJson(200, { status: 'live' })],
  ['/readyz', readyz],
  ['/metrics', metrics],
  ['/config', config],
  ['/.well-known/jwks.json', keys],
]);
