import { accessLogFields, defaultMaxSeries, metricDefinitions, otherLabel, resourceAttributes, spanAttributes } from './names.ts';
import type { MetricDefinition } from './names.ts';

/** Meaning of each span attribute; the key is its name in code. */
const spanAttributeTexts: Readonly<Record<keyof typeof spanAttributes, string>> = {
  requestMethod: 'Method; `_OTHER` for an unknown method.',
  requestMethodOriginal: 'The method as sent, when it is unknown.',
  resendCount: 'CLIENT: number of earlier attempts.',
  statusCode: 'Status code sent (SERVER) or received (CLIENT); for denials to gRPC callers, which are sent with 200, the status that other callers get.',
  httpRoute: 'SERVER: the path pattern that matched.',
  urlPath: 'SERVER: path, normalised. Never the query.',
  urlScheme: 'SERVER: `http` or `https`.',
  urlFull: 'CLIENT: address of the target and path, without query.',
  serverAddress: 'SERVER: host of the request. CLIENT: host of the target.',
  serverPort: 'SERVER: port of the request. CLIENT: port of the target.',
  clientAddress: "SERVER: address of the client.",
  peerAddress: 'SERVER: remote address of the connection; that of a proxy in front of the node, if any.',
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
    'One line of JSON for each request on standard output. A field without a value is omitted.\n',
    table(['field', 'meaning'], fields),
    '## Metrics\n',
    `Under \`/metrics\` of the status port, in Prometheus text format or OpenMetrics. The column "series" is the limit of series; values beyond it are counted in a series whose label values are \`${otherLabel}\`.\n`,
    table(['metric', 'type', 'labels', 'series', 'measures'], Object.values(metricDefinitions).map(metricRow)),
    '## Traces\n',
    'OTLP/HTTP with protobuf. A SERVER span for each sampled request, named `{method} {path pattern}`, and below it a CLIENT span, named `{method}`, for each attempt.\n',
    table(['span attribute', 'meaning'], attributeRows(spanAttributes, spanAttributeTexts)),
    table(['resource attribute', 'meaning'], attributeRows(resourceAttributes, resourceAttributeTexts)),
  ].join('\n');
}
