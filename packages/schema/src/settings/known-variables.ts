/**
 * The variables of both programs and of their scripts, by prefix. A program checks its own table
 * when it reads its settings; this list adds the names that belong to others, because `npm start`
 * hands its environment to both programs. `regression/misspelt-settings-are-ignored.spec.ts`
 * compares it with the tables.
 */
export const knownVariables: readonly string[] = [
  'SLUICE_ACCESS_LOG',
  'SLUICE_ADMIN_HOST',
  'SLUICE_ADMIN_PORT',
  'SLUICE_ADMIN_TOKEN',
  'SLUICE_CLIENT_CERT_DIR',
  'SLUICE_CONFIG_FILE',
  'SLUICE_CONTROL_PLANE',
  'SLUICE_DATABASE_WAIT_MS',
  'SLUICE_DATA_DIR',
  'SLUICE_DRAIN_MS',
  'SLUICE_GATEWAY',
  'SLUICE_LOG_LEVEL',
  'SLUICE_MAX_CONNECTIONS',
  'SLUICE_MAX_CONNECTIONS_PER_ADDRESS',
  'SLUICE_NODE_ID',
  'SLUICE_NODE_TOKEN',
  'SLUICE_NODE_TOKEN_FILE',
  'SLUICE_OVERLOAD_LAG_MS',
  'SLUICE_OVERLOAD_MEMORY_PERCENT',
  'SLUICE_POLICIES_DIR',
  'SLUICE_PROXY_HOST',
  'SLUICE_PROXY_PORT',
  'SLUICE_SNAPSHOT_KEY',
  'SLUICE_STATUS_HOST',
  'SLUICE_STATUS_PORT',
  'SLUICE_STREAM_HOST',
  'SLUICE_STREAM_INSECURE',
  'SLUICE_STREAM_PORT',
  'SLUICE_TLS_CERT_FILE',
  'SLUICE_TLS_DIR',
  'SLUICE_TLS_KEY_FILE',
  'SLUICE_TLS_PORT',
  'SLUICE_TRACE_RATIO',
  // npm start, npm test, and the launcher.
  'SLUICE_DEMO_PORT',
  'SLUICE_LAUNCHED_BY',
  'SLUICE_POSTGRES_PORT',
  'SLUICE_TEST_DATABASE_URL',
  'SLUICE_TEST_REDIS_URL',
];
