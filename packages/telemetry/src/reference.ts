import { accessLogFields } from './access-log-fields.ts';
import { controlPlaneMetricDefinitions, writeSpanAttributes } from './control-plane-names.ts';
import {
  defaultMaxSeries,
  metricDefinitions,
  otherLabel,
  resourceAttributes,
  spanAttributes,
} from './names.ts';
import type { MetricDefinition } from './names.ts';

/** Meaning of each span attribute; the key is its name in code. */
const spanAttributeTexts: Readonly<Record<keyof typeof spanAttributes, string>> = {
  requestMethod: 'Method; `_OTHER` for an unknown method.',
  requestMethodOriginal: 'The method as sent, when it is unknown.',
  resendCount: 'CLIENT: number of earlier attempts.',
  statusCode:
    'Status code sent (SERVER) or received (CLIENT); for denials to gRPC callers, which are sent with 200, the status that other callers get.',
  httpRoute: 'SERVER: the path pattern that matched.',
  urlPath: 'SERVER: path, normalised. Never the query.',
  urlScheme: 'SERVER: `http` or `https`.',
  urlFull: 'CLIENT: address of the target and path, without query.',
  serverAddress: 'SERVER: host of the request. CLIENT: host of the target.',
  serverPort: 'SERVER: port of the request. CLIENT: port of the target.',
  clientAddress: 'SERVER: address of the client.',
  peerAddress:
    'SERVER: remote address of the connection; that of a proxy in front of the node, if any.',
  peerPort: 'SERVER: remote port of the connection.',
  protocolVersion: 'HTTP version.',
  userAgent: 'SERVER: User-Agent, its first 256 characters.',
  errorType:
    'Code of the error catalogue, else the name of the gRPC status, else the status code. SERVER: on 5xx; CLIENT: on 4xx and 5xx. Both: ' +
    'for an incomplete response also `client_closed_request` (the client disconnected) and `tunnel_idle` (the tunnel timed out).',
  rpcSystem: '`grpc`, when a gRPC status was sent or received.',
  rpcStatus: 'Name of the gRPC status, such as `NOT_FOUND`.',
  route: 'SERVER: name of the route.',
  service: 'Name of the service.',
  consumer: 'SERVER: username of the consumer.',
  revision:
    'SERVER: revision of the configuration. PRODUCER, CLIENT to a node, CONSUMER: the revision it is about.',
  requestId: 'SERVER: request id.',
};

const writeSpanAttributeTexts: Readonly<Record<keyof typeof writeSpanAttributes, string>> = {
  gateway: 'CLIENT to a node: id of its gateway. CONSUMER: name of its gateway.',
  node: 'CLIENT to a node, CONSUMER: id of the node.',
  changes: 'PRODUCER, CONSUMER: count of the resources that were changed.',
  outcome:
    'What became of a revision on a node. CONSUMER: `applied`, `refused`, `drifted`. CLIENT: `applied`, `refused`, `unanswered`.',
  dbSystem: 'CLIENT to the database: `postgresql`.',
  dbOperation: 'CLIENT to the database: first word of the statement.',
  dbQuery:
    'CLIENT to the database: the statement, its first 1,024 characters. Values are parameters, and never in it.',
};

const resourceAttributeTexts: Readonly<Record<keyof typeof resourceAttributes, string>> = {
  serviceName: '`sluice-proxy` or `sluice-control-plane`, or `OTEL_SERVICE_NAME`.',
  serviceInstanceId: 'Id of the node; of a control plane, a random one for each process.',
  serviceVersion: 'Version of Sluice.',
};

/** Metrics that a control plane has in common with a node. */
const sharedMetrics: readonly MetricDefinition[] = [
  metricDefinitions.spansExported,
  metricDefinitions.spansDropped,
  metricDefinitions.seriesOverflow,
  metricDefinitions.buildInfo,
  metricDefinitions.eventLoopLag,
  metricDefinitions.backgroundFaults,
  metricDefinitions.processCpu,
  metricDefinitions.processMemory,
  metricDefinitions.processStart,
];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

const code = (name: string): string => `\`${name}\``;

const attributeRows = <Key extends string>(
  names: Record<Key, string>,
  texts: Record<Key, string>,
): string[][] => (Object.keys(names) as Key[]).map((key) => [code(names[key]), texts[key]]);

function metricRow({ name, type, labels, help, maxSeries }: MetricDefinition): string[] {
  const bound = labels.length === 0 ? '1' : String(maxSeries ?? defaultMaxSeries);
  return [code(name), type, labels.map(code).join(', '), bound, help];
}

/** The reference page of all telemetry, as Markdown, made from the tables of names. */
export function telemetryReference(): string {
  const fields = Object.entries(accessLogFields).map(([name, text]) => [code(name), text]);
  return [
    '# Telemetry\n',
    '<!-- Generated from packages/telemetry/src/names.ts. Do not edit. -->\n',
    '## Access log\n',
    'One line of JSON for each request on standard output. A field without a value is omitted.\n',
    table(['field', 'meaning'], fields),
    '## Metrics of a node\n',
    `Under \`/metrics\` of the status port, in Prometheus text format or OpenMetrics. The column "series" is the limit of series; values beyond it are counted in a series whose label values are \`${otherLabel}\`.\n`,
    table(
      ['metric', 'type', 'labels', 'series', 'measures'],
      Object.values(metricDefinitions).map(metricRow),
    ),
    '## Metrics of the control plane\n',
    `Under \`/metrics\` of the Admin API, with a token of any role. It has those of its process as well: ${sharedMetrics.map(({ name }) => code(name)).join(', ')}.\n`,
    table(
      ['metric', 'type', 'labels', 'series', 'measures'],
      Object.values(controlPlaneMetricDefinitions).map(metricRow),
    ),
    '## Traces\n',
    'OTLP/HTTP, protobuf or JSON. Of the proxy: a SERVER span for each sampled request, named `{method} {path pattern}`, and below it a CLIENT span, named `{method}`, for each attempt; and a CONSUMER span `apply revision` for each delta with a sampled write.\n',
    'Of the control plane: a SERVER span for each sampled request to the Admin API, and below it a CLIENT span for each statement that Postgres ran, a PRODUCER span `commit revision`, and a CLIENT span `deliver revision` for each node that was sent the revision, until it has answered.\n',
    table(['span attribute', 'meaning'], attributeRows(spanAttributes, spanAttributeTexts)),
    'Spans of a write and what became of it have these as well:\n',
    table(
      ['span attribute', 'meaning'],
      attributeRows(writeSpanAttributes, writeSpanAttributeTexts),
    ),
    table(
      ['resource attribute', 'meaning'],
      attributeRows(resourceAttributes, resourceAttributeTexts),
    ),
  ].join('\n');
}
