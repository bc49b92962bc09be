/**
 * The names of metrics with their labels, and the attributes of spans. The emitters, the generated
 * reference and the specs take them from here; a name that is not in these tables is not emitted.
 * The fields of the access log are in `access-log-fields.ts`.
 */

import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';

/** What a metric measures and how values of several processes are merged. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /**
   * How values of several processes are merged; counters and histograms are always added. Default
   * `sum`.
   */
  readonly merge?: 'sum' | 'max' | 'min';
  /**
   * Series beyond this many share one whose label values are `_other`. Default
   * {@link defaultMaxSeries}.
   */
  readonly maxSeries?: number;
  /** Upper bounds of a histogram's buckets, ascending, without infinity. */
  readonly bounds?: readonly number[];
}

/** Series of a metric whose definition sets no limit. */
export const defaultMaxSeries = 1_000;

/** Label value of the series that counts everything beyond the limit of series. */
export const otherLabel = '_other';

const secondsBounds = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]);

/** All metrics of a node, by their name in code. */
export const metricDefinitions = Object.freeze({
  requests: {
    name: 'sluice_requests_total',
    type: 'counter',
    help: 'Requests answered, by route, service and status code.',
    labels: ['route', 'service', 'status'],
    maxSeries: 5_000,
  },
  requestDuration: {
    name: 'sluice_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the first byte of the request to the last byte of the response, by route.',
    labels: ['route'],
    bounds: secondsBounds,
  },
  upstreamDuration: {
    name: 'sluice_upstream_duration_seconds',
    type: 'histogram',
    help: 'Time a request spent with targets, by service.',
    labels: ['service'],
    bounds: secondsBounds,
  },
  requestBytes: {
    name: 'sluice_request_bytes_total',
    type: 'counter',
    help: 'Bytes received from clients, by route.',
    labels: ['route'],
  },
  responseBytes: {
    name: 'sluice_response_bytes_total',
    type: 'counter',
    help: 'Bytes sent to clients, by route.',
    labels: ['route'],
  },
  errors: {
    name: 'sluice_errors_total',
    type: 'counter',
    help: 'Responses that are errors of the catalogue, by code.',
    labels: ['code'],
  },
  grpcResponses: {
    name: 'sluice_grpc_responses_total',
    type: 'counter',
    help: 'Responses to gRPC callers, by route and grpc-status; values outside 0 to 16 are counted together.',
    labels: ['route', 'grpc_status'],
    maxSeries: 5_000,
  },
  policyDenials: {
    name: 'sluice_policy_denials_total',
    type: 'counter',
    help: 'Requests that a policy refused (mode enforce) or would have refused (mode shadow).',
    labels: ['policy', 'mode'],
  },
  auth: {
    name: 'sluice_auth_total',
    type: 'counter',
    help: 'Decisions of policies that authenticate or authorise, by outcome: allowed, refused, absent (the request carries no credential of this policy), failed (the policy could not decide, which is answered with 503 when it is closed). A refusal has a reason; missing and conflict are decisions of all alternatives together, counted for one of them. Policies in shadow mode are not counted.',
    labels: ['policy', 'outcome', 'reason'],
    maxSeries: 5_000,
  },
  policyHttpRequests: {
    name: 'sluice_policy_http_requests_total',
    type: 'counter',
    help: 'HTTP calls that policies made, by policy and outcome: 2xx, 4xx or 5xx for the status of a complete response, otherwise why there is none.',
    labels: ['policy', 'outcome'],
  },
  policyHttpDuration: {
    name: 'sluice_policy_http_request_duration_seconds',
    type: 'histogram',
    help: 'Duration of the HTTP calls that policies made, waiting for a connection included.',
    labels: ['policy'],
    bounds: secondsBounds,
  },
  connections: {
    name: 'sluice_connections',
    type: 'gauge',
    help: 'Open connections from clients.',
    labels: [],
  },
  tlsHandshakes: {
    name: 'sluice_tls_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes with clients, by outcome: completed, resumed, failed, timed_out, no_server_certificate (this node has none), client_certificate_missing (the gateway requires one), client_certificate_refused (it could not be verified).',
    labels: ['outcome'],
  },
  certificateExpiry: {
    name: 'sluice_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When a certificate of the TLS port expires, seconds since the epoch, by the name of the resource or file; of the 500 that expire first.',
    labels: ['certificate'],
    merge: 'min',
  },
  overloadShedRatio: {
    name: 'sluice_overload_shed_ratio',
    type: 'gauge',
    help: 'Share of the requests that is refused because the process is overloaded, 0 to 1; see code overloaded.',
    labels: [],
    merge: 'max',
  },
  bufferedContent: {
    name: 'sluice_buffered_content_bytes',
    type: 'gauge',
    help: 'Memory in use for content of requests and responses that policies read.',
    labels: [],
  },
  bufferedContentRefused: {
    name: 'sluice_buffered_content_refused_total',
    type: 'counter',
    help: 'Times that memory for content was refused, because all callers, or one of them, had used their share; see code content_buffers_full.',
    labels: [],
  },
  upstreamConnections: {
    name: 'sluice_upstream_connections',
    type: 'gauge',
    help: 'Open connections to targets, without tunnels.',
    labels: ['target'],
  },
  nameResolutions: {
    name: 'sluice_name_resolutions_total',
    type: 'counter',
    help: 'DNS lookups, by result: answered, not_found, failed (no valid answer in time), stale (the last valid answer was used because there was no newer one).',
    labels: ['result'],
  },
  targetHealthy: {
    name: 'sluice_target_healthy',
    type: 'gauge',
    help: '1 when the target is in use, 0 when it is ejected.',
    labels: ['service', 'target'],
    merge: 'min',
    maxSeries: 2_000,
  },
  limitStoreUp: {
    name: 'sluice_limit_store_up',
    type: 'gauge',
    help: '1 while limits can be counted, 0 while Redis is not reachable or does not answer in time.',
    labels: [],
    merge: 'min',
  },
  limitKeys: {
    name: 'sluice_limit_keys',
    type: 'gauge',
    help: 'Keys counted in memory, of all limits together; without Redis.',
    labels: [],
  },
  limitTableFull: {
    name: 'sluice_limit_table_full_total',
    type: 'counter',
    help: 'New keys of limits without room in memory; the log names the limit with the most keys.',
    labels: [],
  },
  configRevision: {
    name: 'sluice_config_revision',
    type: 'gauge',
    help: 'Revision of the configuration in use.',
    labels: [],
    merge: 'min',
  },
  configAge: {
    name: 'sluice_config_age_seconds',
    type: 'gauge',
    help: 'Seconds since the configuration was last known to be current.',
    labels: [],
    merge: 'max',
  },
  configNacks: {
    name: 'sluice_config_nacks_total',
    type: 'counter',
    help: 'Revisions that this node refused.',
    labels: [],
  },
  configConnected: {
    name: 'sluice_config_connected',
    type: 'gauge',
    help: '1 while the config stream is connected, 0 otherwise.',
    labels: [],
    merge: 'min',
  },
  configLastGoodOk: {
    name: 'sluice_config_last_good_ok',
    type: 'gauge',
    help: '0 while the last good configuration cannot be stored or could not be read, 1 otherwise. At 0, the node may not be able to restart without its control plane.',
    labels: [],
    merge: 'min',
  },
  credentialUsesDropped: {
    name: 'sluice_credential_uses_dropped_total',
    type: 'counter',
    help: 'Uses of credentials that were not reported, because too many waited: the last use that the control plane shows may be too early.',
    labels: [],
  },
  accessLogDropped: {
    name: 'sluice_access_log_dropped_total',
    type: 'counter',
    help: 'Access log lines dropped because the output stalled or failed.',
    labels: [],
  },
  spansExported: {
    name: 'sluice_spans_exported_total',
    type: 'counter',
    help: 'Spans that the OTLP endpoint accepted.',
    labels: [],
  },
  spansDropped: {
    name: 'sluice_spans_dropped_total',
    type: 'counter',
    help: 'Spans dropped because the OTLP endpoint was slow or down, or refused them.',
    labels: [],
  },
  seriesOverflow: {
    name: 'sluice_metric_series_overflow_total',
    type: 'counter',
    help: 'Series that were not created because their metric has reached its limit.',
    labels: ['metric'],
  },
  buildInfo: {
    name: 'sluice_build_info',
    type: 'gauge',
    help: 'Always 1; the labels identify the build.',
    labels: ['version', 'node_version'],
    merge: 'max',
  },
  eventLoopLag: {
    name: 'sluice_event_loop_lag_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the event loop lag in the last 10 to 20 seconds.',
    labels: [],
    merge: 'max',
  },
  backgroundFaults: {
    name: 'sluice_background_faults_total',
    type: 'counter',
    help: 'Faults of timers, listeners and other work that no request waits for, by place. The process continues; each is a defect or a lack of resources.',
    labels: ['place'],
  },
  processCpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of the process, user and system.',
    labels: [],
  },
  processMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the process.',
    labels: [],
  },
  processStart: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, seconds since the epoch.',
    labels: [],
    merge: 'min',
  },
} as const satisfies Record<string, MetricDefinition>);

/**
 * Attributes of spans: OpenTelemetry's stable conventions for HTTP and RPC, and ours under
 * `sluice.`.
 */
export const spanAttributes = Object.freeze({
  requestMethod: ATTR_HTTP_REQUEST_METHOD,
  requestMethodOriginal: ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  resendCount: ATTR_HTTP_REQUEST_RESEND_COUNT,
  statusCode: ATTR_HTTP_RESPONSE_STATUS_CODE,
  httpRoute: ATTR_HTTP_ROUTE,
  urlPath: ATTR_URL_PATH,
  urlScheme: ATTR_URL_SCHEME,
  urlFull: ATTR_URL_FULL,
  serverAddress: ATTR_SERVER_ADDRESS,
  serverPort: ATTR_SERVER_PORT,
  clientAddress: ATTR_CLIENT_ADDRESS,
  peerAddress: ATTR_NETWORK_PEER_ADDRESS,
  peerPort: ATTR_NETWORK_PEER_PORT,
  protocolVersion: ATTR_NETWORK_PROTOCOL_VERSION,
  userAgent: ATTR_USER_AGENT_ORIGINAL,
  errorType: ATTR_ERROR_TYPE,
  rpcSystem: ATTR_RPC_SYSTEM_NAME,
  rpcStatus: ATTR_RPC_STATUS_CODE,
  route: 'sluice.route',
  service: 'sluice.service',
  consumer: 'sluice.consumer',
  revision: 'sluice.revision',
  requestId: 'sluice.request_id',
});

/**
 * Version of the conventions that the attributes follow: the one of the package that their names
 * come from.
 */
export const schemaUrl = 'https://opentelemetry.io/schemas/1.45.0';

/** Attributes of the resource every span carries. */
export const resourceAttributes = Object.freeze({
  serviceName: ATTR_SERVICE_NAME,
  serviceInstanceId: ATTR_SERVICE_INSTANCE_ID,
  serviceVersion: ATTR_SERVICE_VERSION,
});
