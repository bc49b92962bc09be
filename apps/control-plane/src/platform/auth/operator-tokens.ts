import type { Settings } from '../env.ts';
import type { Logger } from '../logger.ts';
import { keepSecret } from './secret-file.ts';

/** The two tokens that come from the environment or from files rather than from the database. */
export interface OperatorTokens {
  readonly admin: string;
  readonly node: string;
}

/**
 * Takes each token from the environment, else from its file, else generates it and writes the file.
 * No token is printed or logged, because logs are collected and stored.
 * @throws SetupError when a file cannot be read or written.
 */
export function operatorTokens(settings: Settings, logger: Logger): OperatorTokens {
  return {
    admin: adminToken(settings, logger),
    node:
      settings.nodeToken ?? keepSecret(settings.nodeTokenFile, 'sln', 'SLUICE_NODE_TOKEN').secret,
  };
}

function adminToken(settings: Settings, logger: Logger): string {
  if (settings.adminToken !== undefined) return settings.adminToken;
  const { secret, isNew } = keepSecret(settings.adminTokenFile, 'sla', 'SLUICE_ADMIN_TOKEN');
  logger.info(
    isNew ? 'generated an admin token; read it from the file' : 'using the admin token in the file',
    { file: settings.adminTokenFile },
  );
  return secret;
}
