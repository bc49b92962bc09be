import { accessLogFields, defaultMaxSeries, metricDefinitions, otherLabel, resourceAttributes, spanAttributes } from './names.ts';
import type { MetricDefinition } from './names.ts';

/** What each span attribute says; the key is the name in code. */
const spanAttributeTexts: Readonly<Record<keyof typeof spanAttributes, string>> = {
  requestMethod: 'Method; `_OTHER` for one that is not known.',
  requestMethodOriginal: 'The method as sent, when it is not known.',
  resendCount: 'CLIENT: how many attempts came before this one.',
  statusCode: 'Status code sent (SERVER) or received (CLIENT); for denials to callers of gRPC, which are sent with 200, the one that others get.',
  httpRoute: 'SERVER: the path pattern that matched.',
  urlPath: 'SERVER: path, normalised. Never the query.',
  urlScheme: 'SERVER: `http` or `https`.',
  urlFull: 'CLIENT: address of the target and path, without query.',
  serverAddress: 'SERVER: host the client asked for. CLIENT: host of the target.',
  serverPort: 'SERVER: port the client asked for. CLIENT: port of the target.',
  clientAddress: "SERVER: the client's address.",
  peerAddress: 'SERVER: address of the connection: that of a proxy, when there is one in front.',
  peerPort: 'SERVER: port of the connection at its far end.',
  protocolVersion: 'HTTP version.',
  userAgent: 'SERVER: User-Agent, its first 256 characters.',
  errorType:
    'Code of the error catalogue, else the name of the gRPC status, else the status code. SERVER: on 5xx; CLIENT: on 4xx and 5xx. Both: ' +
    'when the response broke off, also `client_closed_request` (the client left) and `tunnel_idle` (no byte passed for too long).',
  rpcSystem: '`grpc`, when a gRPC status was sent or received.',
  rpcStatus: 'Name of the gRPC status, such as `NOT_FOUND`.',
  route: 'SERVER: name of the route.',
  service: 'Name of the service.',
  consumer: 'SERVER: username of the consumer.',
  revision: 'SERVER: revision of the configuration.',
  requestId: 'SERVER: request id.',
};

const resourceAttributeTexts: Readonly<Record<keyof typeof resourceAttributes, string>> = {
  serviceName: '`sluice-proxy`.',
  serviceInstanceId: 'Id of the node.',
  serviceVersion: 'Version of Sluice.',
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

const code = (name: string): string => `\`${name}\``;

const attributeRows = <Key extends string>(names: Record<Key, string>, texts: Record<Key, string>): string[][] =>
  (Object.keys(names) as Key[]).map((key) => [code(names[key]), texts[key]]);

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
    'One line of JSON for each request on standard output. A field without a value is left out.\n',
    table(['field', 'says'], fields),
    '## Metrics\n',
    `Under \`/metrics\` of the status port, in Prometheus text format or OpenMetrics. A metric has at most so many series; what finds no place is counted in one whose label values are \`${otherLabel}\`.\n`,
    table(['metric', 'type', 'labels', 'series', 'measures'], Object.values(metricDefinitions).map(metricRow)),
    '## Traces\n',
    'OTLP/HTTP with protobuf. A SERVER span for each sampled request, named `{method} {path pattern}`, and below it a CLIENT span, named `{method}`, for each attempt to have a target answer.\n',
    table(['span attribute', 'says'], attributeRows(spanAttributes, spanAttributeTexts)),
    table(['resource attribute', 'says'], attributeRows(resourceAttributes, resourceAttributeTexts)),
  ].join('\n');
}
