import {
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { MetricDefinition } from './names.ts';

const applySecondsBounds = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]);

/**
 * Metrics of a control plane, by the name they have in code; those of the process are the ones that
 * a node has too.
 */
export const controlPlaneMetricDefinitions = Object.freeze({
  writes: {
    name: 'sluice_writes_total',
    type: 'counter',
    help: 'Writes of the Admin API, by kind of resource and outcome: committed, unchanged (all was as wanted), replayed (same Idempotency-Key), refused (4xx), failed (5xx).',
    labels: ['kind', 'outcome'],
  },
  commitToApplied: {
    name: 'sluice_commit_to_applied_seconds',
    type: 'histogram',
    help: 'Time from the commit of a revision until a node connected here had applied it, once for each node; of revisions sent as one, from the commit of the oldest.',
    labels: [],
    bounds: applySecondsBounds,
  },
  connectedNodes: {
    name: 'sluice_connected_nodes',
    type: 'gauge',
    help: 'Nodes connected to this control plane.',
    labels: [],
  },
  configStreams: {
    name: 'sluice_config_streams',
    type: 'gauge',
    help: 'Config streams open here, those that have not said hello included.',
    labels: [],
  },
  databaseConnections: {
    name: 'sluice_database_connections',
    type: 'gauge',
    help: 'Connections of the pool to the database, by state: in_use, idle.',
    labels: ['state'],
  },
  databaseWaiting: {
    name: 'sluice_database_waiting',
    type: 'gauge',
    help: 'Statements and transactions that wait for a connection of the pool.',
    labels: [],
  },
  feedRevision: {
    name: 'sluice_feed_revision',
    type: 'gauge',
    help: 'Newest revision that this control plane has read and sends to its nodes.',
    labels: [],
    merge: 'min',
  },
  feedLag: {
    name: 'sluice_feed_lag_seconds',
    type: 'gauge',
    help: 'Seconds since all revisions in the database had been read. They are read every second at least, so a value well above 1 means that the database is not answering.',
    labels: [],
    merge: 'max',
  },
  feedListening: {
    name: 'sluice_feed_listening',
    type: 'gauge',
    help: '1 while the connection stands over which the database tells of new revisions (LISTEN), 0 while it does not.',
    labels: [],
    merge: 'min',
  },
  failedLogins: {
    name: 'sluice_failed_logins_total',
    type: 'counter',
    help: 'Requests to the Admin API with a token that is not known or has expired.',
    labels: [],
  },
  passwordHashes: {
    name: 'sluice_password_hashes',
    type: 'gauge',
    help: 'Passwords that are being hashed, or wait for it. At most 66; further writes with a password are refused with 503.',
    labels: [],
    merge: 'sum',
  },
  idempotencyRecords: {
    name: 'sluice_idempotency_records',
    type: 'gauge',
    help: 'Responses kept for repetitions with the same Idempotency-Key, counted once a minute; NaN while the database cannot be asked.',
    labels: [],
    merge: 'max',
  },
  certificateExpiry: {
    name: 'sluice_stored_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'The time at which a certificate expires, in seconds since 1970; of the first thousand certificates by name.',
    labels: ['certificate'],
    merge: 'max',
    maxSeries: 1_000,
  },
  credentialsExpiring: {
    name: 'sluice_credentials_expiring',
    type: 'gauge',
    help: 'Credentials that are not disabled and expire within a day, 7 days or 30 days, counted once a minute; NaN while the database cannot be asked.',
    labels: ['within'],
    merge: 'max',
  },
} as const satisfies Record<string, MetricDefinition>);

/**
 * Attributes of the spans that follow a write to the nodes, besides those that requests have too.
 */
export const writeSpanAttributes = Object.freeze({
  gateway: 'sluice.gateway',
  node: 'sluice.node',
  changes: 'sluice.changes',
  outcome: 'sluice.outcome',
  dbSystem: ATTR_DB_SYSTEM_NAME,
  dbOperation: ATTR_DB_OPERATION_NAME,
  dbQuery: ATTR_DB_QUERY_TEXT,
});
